// Where to begin to read a log in the CRI format: `<time> <stream> <F|P> <bytes>\n`. A record tagged P goes on in the next one.
import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 64 * 1024;
/** Time, stream and tag are within so many bytes of a record's beginning. */
const HEAD_BYTES = 64;
const NEWLINE = 0x0a;

/** The offset of the `lines`-th last whole line of the first `size` bytes; 0 when there are fewer. */
export async function tailOffset(file: FileHandle, size: number, lines: number): Promise<number> {
  let left = lines;
  let following = Buffer.alloc(0);
  let end = size;
  let recordEnd: number | null = null;
  while (end > 0) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const block = await readRange(file, start, end);
    const bytes = Buffer.concat([block, following]);
    for (let at = block.length - 1; at >= 0; at -= 1) {
      if (block[at] !== NEWLINE) continue;
      // The record after this newline begins at `at + 1`, and ends at `recordEnd`, once that has been seen.
      if (recordEnd !== null && isFull(bytes.subarray(at + 1, at + 1 + HEAD_BYTES))) {
        if (left === 0) return recordEnd;
        left -= 1;
      }
      recordEnd = start + at + 1;
    }
    following = bytes.subarray(0, HEAD_BYTES);
    end = start;
  }
  return recordEnd !== null && left === 0 && isFull(following) ? recordEnd : 0;
}

/** Whether a record's head says that its line ends with it. */
function isFull(head: Buffer): boolean {
  return head.toString('latin1').split(' ', 3)[2] !== 'P';
}

async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}

const TIME_LENGTH = 'YYYY-MM-DDTHH:MM:SS.mmm'.length;

/** Leaves records out until one is not older than `sinceMs`; from there on everything passes. */
export class SinceFilter {
  private readonly since: string;
  private passing = false;
  private rest: Buffer = Buffer.alloc(0);

  constructor(sinceMs: number) {
    this.since = new Date(sinceMs).toISOString().slice(0, TIME_LENGTH);
  }

  push(chunk: Buffer): Buffer {
    if (this.passing) return chunk;
    const bytes = Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline !== -1; newline = bytes.indexOf(NEWLINE, at)) {
      if (this.isRecent(bytes, at)) return this.pass(bytes.subarray(at));
      at = newline + 1;
    }
    this.rest = bytes.subarray(at);
    // A record that is longer than its head tells its time before its end.
    return this.rest.length > HEAD_BYTES && this.isRecent(this.rest, 0) ? this.pass(this.rest) : Buffer.alloc(0);
  }

  private isRecent(bytes: Buffer, at: number): boolean {
    return bytes.toString('latin1', at, at + TIME_LENGTH) >= this.since;
  }

  private pass(bytes: Buffer): Buffer {
    this.passing = true;
    this.rest = Buffer.alloc(0);
    return bytes;
  }
}
