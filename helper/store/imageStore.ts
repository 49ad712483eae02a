// The OCI image layout and the unpacked layers: content under its digest, put there by one rename once it has been verified.
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, namesIn, syncFile, syncFolder, temporariesIn, writeAtomically, writeSynced } from './files.js';
import { readIndex, writeIndex, type IndexEntry } from './imageIndex.js';
import { temporaryPath, type Paths } from './paths.js';

export class ImageStore {
  constructor(private readonly paths: Paths) {}

  async open(): Promise<readonly IndexEntry[]> {
    await makeFolder(this.paths.blobs);
    await makeFolder(this.paths.layers);
    if (!(await exists(this.paths.layoutMarker))) await writeAtomically(this.paths.layoutMarker, JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    return readIndex(this.paths.imageIndex);
  }

  /** Half-done imports and half-unpacked layers; the caller removes them. */
  async leftovers(): Promise<readonly string[]> {
    const folders = [this.paths.images, this.paths.blobs, this.paths.layers];
    return (await Promise.all(folders.map(temporariesIn))).flat();
  }

  async saveIndex(entries: readonly IndexEntry[]): Promise<void> {
    await writeIndex(this.paths.imageIndex, entries);
  }

  /** A fresh folder for an import. */
  async makeStaging(): Promise<string> {
    const folder = temporaryPath(this.paths.images);
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  /** A fresh folder for a layer to be unpacked into. */
  async makeLayerStaging(): Promise<string> {
    const folder = temporaryPath(this.paths.layers);
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  /** Writes a document into `folder`, to be kept by {@link keepBlob}. */
  async stageDocument(folder: string, name: string, content: Buffer): Promise<string> {
    const file = path.join(folder, name);
    await writeSynced(file, content);
    return file;
  }

  /** Gives `file`, whose content has been verified to be that of `digest`, its place. */
  async keepBlob(file: string, digest: string): Promise<void> {
    await syncFile(file);
    await rename(file, this.paths.blob(digest));
    await syncFolder(this.paths.blobs);
  }

  /** Gives the unpacked `folder`, which has been verified to be that of `chainId`, its place; if another is there already, that one stays. */
  async keepLayer(folder: string, chainId: string): Promise<void> {
    try {
      await rename(folder, this.paths.layer(chainId));
    } catch (error) {
      if (!isTaken(error)) throw error;
      return;
    }
    await syncFolder(this.paths.layers);
  }

  blobPath(digest: string): string {
    return this.paths.blob(digest);
  }

  layerPath(chainId: string): string {
    return this.paths.layer(chainId);
  }

  async readBlob(digest: string): Promise<Buffer> {
    return readFile(this.paths.blob(digest));
  }

  async blobSize(digest: string): Promise<number> {
    return (await stat(this.paths.blob(digest))).size;
  }

  async hasBlob(digest: string): Promise<boolean> {
    return exists(this.paths.blob(digest));
  }

  async hasLayer(chainId: string): Promise<boolean> {
    return exists(this.paths.layer(chainId));
  }

  async hasFile(file: string): Promise<boolean> {
    return exists(file);
  }

  /** Digests of all blobs in the store. */
  async blobs(): Promise<readonly string[]> {
    return (await namesIn(this.paths.blobs)).filter(isHex).map((name) => `sha256:${name}`);
  }

  /** Chain ids of all layers in the store. */
  async layers(): Promise<readonly string[]> {
    return (await namesIn(this.paths.layers)).filter(isHex).map((name) => `sha256:${name}`);
  }

  async removeBlob(digest: string): Promise<void> {
    await rm(this.paths.blob(digest), { force: true });
  }

  /** Takes the layer's name from its folder, for good; returns what is left to be removed, null: nothing. */
  async discardLayer(chainId: string): Promise<string | null> {
    const temporary = temporaryPath(this.paths.layers);
    try {
      await rename(this.paths.layer(chainId), temporary);
      return temporary;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }
}

function isHex(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
