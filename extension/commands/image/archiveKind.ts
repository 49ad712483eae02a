// What an archive looks like from its beginning: a root file system carries no name, and is asked for one before it is sent.
import fs from 'node:fs';
import { Parser } from 'tar';

/** Enough for some entries; what is decided wrongly for lack of more, the helper decides. */
const LOOK_BYTES = 1024 * 1024;
const TOP_FOLDERS = ['bin', 'dev', 'etc', 'home', 'lib', 'lib64', 'opt', 'proc', 'root', 'run', 'sbin', 'srv', 'sys', 'tmp', 'usr', 'var'];
const IMAGE_FILES = /^(oci-layout|index\.json|manifest\.json|repositories|blobs|[0-9a-f]{64}(\.json)?)$/;

/** Whether the tar archive `file`, plain or compressed, begins as a root file system does. */
export async function isRootFileSystem(file: string): Promise<boolean> {
  const names = topNames(await entriesAtBeginning(file));
  return !names.some((name) => IMAGE_FILES.test(name)) && names.some((name) => TOP_FOLDERS.includes(name));
}

function topNames(paths: readonly string[]): string[] {
  return paths.map((path) => path.replace(/^(\.?\/)+/, '').split('/', 1)[0] ?? '').filter((name) => name !== '');
}

/** As far as they can be read: what is no archive has none. */
async function entriesAtBeginning(file: string): Promise<string[]> {
  const paths: string[] = [];
  const parser = new Parser({
    onReadEntry: (entry) => {
      paths.push(entry.path);
      entry.resume();
    },
  });
  parser.on('error', () => undefined);
  parser.write(await beginning(file));
  // A compressed archive comes out of the decompressor in its own time; `abort` would drop what it holds.
  await new Promise<void>((resolve) => void setImmediate(resolve));
  return paths;
}

async function beginning(file: string): Promise<Buffer> {
  const handle = await fs.promises.open(file);
  try {
    const buffer = Buffer.alloc(LOOK_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, LOOK_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
