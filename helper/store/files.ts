// Files that survive a crash: written beside their place, synced, renamed; directories made 0700 for root.
import { chmodSync, mkdirSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isTemporary, temporaryPath } from './paths.js';

/** Replaces `file` (0600) as a whole or not at all; once this resolves, the content survives a power cut. */
export async function writeAtomically(file: string, content: string): Promise<void> {
  const folder = path.dirname(file);
  const temporary = temporaryPath(folder);
  try {
    await writeSynced(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Writes the new file `file` and syncs it. */
export async function writeSynced(file: string, content: string | Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** `mkdir -p` with mode 0700 for each folder that is missing. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** What `folder` holds, temporary things left out. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !isTemporary(name));
}

/** Absolute paths of the half-made things in `folder`. */
export async function temporariesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter(isTemporary).map((name) => path.join(folder, name));
}

/** `mkdir -p` with mode 0755 for each folder that is missing, whatever the umask says; one that was there keeps its mode. */
export function makePassable(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.startsWith(first); made = path.dirname(made)) chmodSync(made, 0o755);
}
