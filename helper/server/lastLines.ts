// The end of a file of lines, read backwards: no more of it is in memory than is asked for.
import { open } from 'node:fs/promises';

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The last `count` whole lines, as far as they are within the last `maxBytes`; none when the file is not there. */
export async function lastLines(file: string, count: number, maxBytes: number): Promise<readonly string[]> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return [];
  try {
    const { size } = await handle.stat();
    const blocks: Buffer[] = [];
    let start = size;
    // One newline more than lines: what is before the first of them is a whole line's end.
    for (let newlines = 0; start > 0 && newlines <= count && size - start < maxBytes;) {
      const length = Math.min(BLOCK_BYTES, start);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start - length);
      const block = buffer.subarray(0, bytesRead);
      start -= length;
      newlines += countNewlines(block);
      blocks.unshift(block);
    }
    const lines = Buffer.concat(blocks).toString('utf8').split('\n');
    // The first is the rest of a line unless the file was read from its start; the last is what follows the last newline.
    return lines.slice(start > 0 ? 1 : 0, -1).slice(-count);
  } finally {
    await handle.close();
  }
}

function countNewlines(block: Buffer): number {
  let count = 0;
  for (const byte of block) if (byte === NEWLINE) count += 1;
  return count;
}
