// Lines of JSON on a socket, for both ends: cut at a bound before anything is parsed.
import type { Duplex } from 'node:stream';

/** `onEnd` is called once: at the other side's end, or when a line is too long or no JSON. */
export function readLines(socket: Duplex, most: number, onValue: (value: unknown) => void, onEnd: (reason: string) => void): void {
  let isOver = false;
  const end = (reason: string) => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    onEnd(reason);
  };
  const splitter = new Splitter(most, onValue);
  socket.on('data', (chunk: Buffer) => {
    try {
      if (!isOver) splitter.take(chunk);
    } catch (error) {
      end(error instanceof Error ? error.message : String(error));
    }
  });
  socket.once('end', () => end('the other side has ended'));
  socket.once('close', () => end('the other side has ended'));
  socket.on('error', (error) => end(error.message));
}

class Splitter {
  private parts: Buffer[] = [];
  private length = 0;

  constructor(
    private readonly most: number,
    private readonly onValue: (value: unknown) => void,
  ) {}

  /** Throws when a line is too long or no JSON, and what `onValue` throws. */
  take(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.keep(chunk.subarray(from, at));
      from = at + 1;
      this.finish();
    }
    this.keep(chunk.subarray(from));
  }

  private keep(part: Buffer): void {
    this.parts.push(part);
    this.length += part.length;
    if (this.length > this.most) throw new Error('a line is too long');
  }

  private finish(): void {
    const text = Buffer.concat(this.parts).toString('utf8');
    this.parts = [];
    this.length = 0;
    this.onValue(JSON.parse(text));
  }
}

const NEWLINE = 10;

export function writeLine(socket: Duplex, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}
