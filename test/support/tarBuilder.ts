// Tar archives made by hand, so that a test can write what no honest tool would.
import { createHash } from 'node:crypto';

export interface TarEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** As in the header: '0' file, '2' symbolic link, '5' directory, …. */
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  /** What the header says, if it is to lie. */
  readonly size?: number;
}

const BLOCK = 512;

/** A whole archive, ended as it should be. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryOf), Buffer.alloc(2 * BLOCK)]);
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function entryOf(entry: TarEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const padding = (BLOCK - (content.length % BLOCK)) % BLOCK;
  return Buffer.concat([headerOf(entry, content.length), content, Buffer.alloc(padding)]);
}

function headerOf({ name, type = '0', link = '', size, mode = 0o644 }: TarEntry, length: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${(size ?? length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
