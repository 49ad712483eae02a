// What an archive is compressed with, by its first bytes.
import { open } from 'node:fs/promises';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

const MAGIC: readonly (readonly [Exclude<Compression, 'none'>, string])[] = [
  ['gzip', '1f8b'],
  ['zstd', '28b52ffd'],
  ['xz', 'fd377a585a00'],
  ['bzip2', '425a68'],
];

export async function compressionOf(file: string): Promise<Compression> {
  const head = await firstBytes(file, 6);
  return MAGIC.find(([, magic]) => head.startsWith(magic))?.[0] ?? 'none';
}

/** As lower-case hexadecimal digits. */
async function firstBytes(file: string, count: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await handle.close();
  }
}
