// Tar archives made by hand, so that a test can write what no honest tool would.
import { createHash } from 'node:crypto';

export interface TarEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** As in the header: '0' file, '2' symbolic link, '5' directory, …. */
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** In seconds. */
  readonly mtime?: number;
  /** Major and minor number. */
  readonly device?: readonly [number, number];
  /** What the header says, if it is to lie. */
  readonly size?: number;
  /** Of an extended header before it. */
  readonly pax?: Readonly<Record<string, string | Buffer>>;
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
  const extended = entry.pax === undefined ? Buffer.alloc(0) : entryOf({ name: 'pax', type: 'x', content: recordsOf(entry.pax) });
  return Buffer.concat([extended, headerOf(entry, content.length), content, Buffer.alloc(padding)]);
}

function headerOf(entry: TarEntry, length: number): Buffer {
  const { name, type = '0', link = '', size = length, mode = 0o644, uid = 0, gid = 0, mtime = 0, device = [0, 0] } = entry;
  const header = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(header, 0, 0, 100);
  octal(header, 100, 8, mode);
  octal(header, 108, 8, uid);
  octal(header, 116, 8, gid);
  octal(header, 124, 12, size);
  octal(header, 136, 12, mtime);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  octal(header, 329, 8, device[0]);
  octal(header, 337, 8, device[1]);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function octal(header: Buffer, at: number, size: number, number: number): void {
  header.write(`${number.toString(8).padStart(size - 1, '0')}\0`, at);
}

function recordsOf(records: Readonly<Record<string, string | Buffer>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => recordOf(Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]))),
  );
}

/** With its length in front, which counts its own digits. */
function recordOf(rest: Buffer): Buffer {
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
