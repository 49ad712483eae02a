// A realistic image, made of this machine's own files in the order of their names: a base, libraries, and an application of many small
// files. The same machine gives the same bytes.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from '../../support/repository.js';
import { OCI_MANIFEST, type RegistryImage } from '../../support/registryContent.js';

export interface Layer {
  readonly blob: Buffer;
  readonly digest: string;
  readonly diffId: string;
  readonly tarBytes: number;
}

interface Part {
  readonly name: string;
  readonly root: string;
  readonly folder: string;
  readonly maxBytes: number;
}

const PARTS: readonly Part[] = [
  { name: 'base', root: '/', folder: 'usr/share', maxBytes: 220e6 },
  { name: 'libraries', root: '/', folder: 'usr/lib', maxBytes: 260e6 },
  { name: 'application', root: inRepository('.'), folder: 'node_modules', maxBytes: 320e6 },
];

/** What is bigger says more about the disk than about anybody's work. */
const MAX_FILE_BYTES = 24e6;

/** Its layers, lowest first, deflated as `gzip -6` does. */
export async function realLayers(scratch: string): Promise<readonly Layer[]> {
  return Promise.all(PARTS.map((part) => realLayer(part, scratch)));
}

export function layerOfTar(tar: Buffer, blob: Buffer): Layer {
  return { blob, digest: digestOf(blob), diffId: digestOf(tar), tarBytes: tar.length };
}

export function imageOf(layers: readonly Layer[]): RegistryImage {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/true'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const descriptor = (mediaType: string, digest: string, bytes: Buffer) => ({
    mediaType: `application/vnd.oci.image.${mediaType}`,
    digest,
    size: bytes.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor('config.v1+json', digestOf(configBytes), configBytes),
    layers: layers.map(({ digest, blob }) => descriptor('layer.v1.tar+gzip', digest, blob)),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const blobs = new Map([[digestOf(configBytes), configBytes], ...layers.map(({ digest, blob }): [string, Buffer] => [digest, blob])]);
  return { digest: digestOf(bytes), manifest: { bytes, mediaType: OCI_MANIFEST }, blobs, layerDigests: layers.map(({ digest }) => digest) };
}

export const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function realLayer({ name, root, folder, maxBytes }: Part, scratch: string): Promise<Layer> {
  const list = path.join(scratch, `${name}.list`);
  fs.writeFileSync(list, namesIn(root, folder, maxBytes).join('\0'));
  const tar = path.join(scratch, `${name}.tar`);
  execFileSync('tar', ['--create', `--file=${tar}`, `--directory=${root}`, '--no-recursion', '--null', `--files-from=${list}`], { stdio: 'ignore' });
  const gzip = spawn('gzip', ['-6', '--no-name', '--keep', tar], { stdio: 'ignore' });
  await once(gzip, 'exit');
  const layer = layerOfTar(fs.readFileSync(tar), fs.readFileSync(`${tar}.gz`));
  fs.rmSync(tar);
  fs.rmSync(`${tar}.gz`);
  return layer;
}

/** Sorted, a folder before what is in it, until there are enough bytes. */
function namesIn(root: string, folder: string, maxBytes: number): readonly string[] {
  const names: string[] = [];
  let bytes = 0;
  const visit = (name: string): void => {
    if (bytes > maxBytes) return;
    const stat = fs.lstatSync(path.join(root, name));
    if (stat.isFile() && stat.size > MAX_FILE_BYTES) return;
    if (!stat.isFile() && !stat.isDirectory() && !stat.isSymbolicLink()) return;
    names.push(name);
    if (stat.isFile()) bytes += stat.size;
    if (stat.isDirectory()) for (const entry of fs.readdirSync(path.join(root, name)).sort()) visit(`${name}/${entry}`);
  };
  visit(folder);
  return names;
}
