// The embedded image is a sound OCI layout: every digest is that of what it names, and other programs can read it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { inRepository } from '../../support/repository.js';
import { requires } from '../../support/world.js';

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

test('every digest is that of what it names', requires('image'), () => {
  const { manifests } = json<{ manifests: (Descriptor & { annotations: Record<string, string> })[] }>(member('index.json'));
  const [index] = manifests;
  assert.ok(index);
  assert.equal(index.annotations['io.containerd.image.name'], 'bulkhead/busybox:latest');
  const manifest = json<{ config: Descriptor; layers: Descriptor[] }>(blob(index));
  const config = json<{ rootfs: { diff_ids: string[] } }>(blob(manifest.config));
  const layers = manifest.layers.map((layer) => sha256(zlib.gunzipSync(blob(layer))));
  assert.deepEqual(config.rootfs.diff_ids, layers);
});

test('the layer has a shell, its links, and the files that programs look for', requires('image'), () => {
  const { manifests } = json<{ manifests: Descriptor[] }>(member('index.json'));
  const { layers } = json<{ layers: Descriptor[] }>(blob(manifests[0]!));
  const listing = execFileSync('tar', ['-tvzf', '-'], { input: blob(layers[0]!), encoding: 'utf8' });
  for (const line of [
    /-rwxr-xr-x root\/root .* bin\/busybox$/m,
    / bin\/sh -> busybox$/m,
    / etc\/passwd$/m,
    /^drwxrwxrwt .* tmp\/$/m,
    /^drwx------ .* root\/$/m,
  ]) {
    assert.match(listing, line);
  }
});

const member = (name: string): Buffer => execFileSync('tar', ['-xOf', inRepository('dist/image/busybox.tar'), name], { maxBuffer: 2 ** 26 });
const json = <T>(text: Buffer): T => JSON.parse(text.toString()) as T;
const sha256 = (content: Buffer): string => `sha256:${crypto.createHash('sha256').update(content).digest('hex')}`;

function blob({ digest, size }: Descriptor): Buffer {
  const content = member(`blobs/sha256/${digest.slice('sha256:'.length)}`);
  assert.equal(content.length, size);
  assert.equal(sha256(content), digest);
  return content;
}
