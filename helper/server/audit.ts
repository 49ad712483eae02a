// The audit log: what was done in whose name. Append-only JSON lines, root's (0600); a user reads his own by `system/audit`.
//
//   <state of the data directory>/audit/<uid>.jsonl      the records of that uid's calls
//                                 refused.jsonl          peers that were not let in: one file, since their uids can be made up at will
//                                 ….1.jsonl              the records before, once a file has grown to 16 MiB
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { auditRecord, type AuditRecord } from '../../protocol/system.js';
import type { AuditReader } from '../handlers/call.js';
import type { Log } from './log.js';

const REFUSED = 'refused';
const FILE_BYTES_MAX = 16 * 2 ** 20;
/** Files that are kept open: the uids that act at the same time. */
const OPEN_FILES_MAX = 64;
/** A record is cut far below this. */
const RECORD_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

export class Audit implements AuditReader {
  private readonly files = new Map<string, AuditFile>();

  /** `directory` is made, 0700. */
  constructor(
    private readonly directory: string,
    private readonly log: Log,
  ) {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /**
   * Synchronous (some 10 µs, into the page cache): what follows must not begin before it is written. False: it could not be
   * written (the disk is full); whether the call goes on then is the dispatch's to decide.
   */
  append(record: AuditRecord): boolean {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      const name = record.role === 'refused' ? REFUSED : String(record.uid);
      const file = this.fileOf(name);
      this.write(file, line);
      file.bytes += line.length;
      if (file.bytes > FILE_BYTES_MAX) this.rotate(name);
      return true;
    } catch (error) {
      this.log.error('audit record not written', error, { uid: record.uid, method: record.method, call: record.call });
      return false;
    }
  }

  async tail(uid: number, count: number): Promise<AuditRecord[]> {
    const name = String(uid);
    const lines = await lastLines(this.pathOf(name), count);
    const older = lines.length < count ? await lastLines(this.pathOf(name, '.1'), count - lines.length) : [];
    return [...older, ...lines].flatMap(parse);
  }

  close(): void {
    for (const name of [...this.files.keys()]) this.closeFile(name);
  }

  /** A line is there as a whole or not at all: where the disk ends in its midst, what has been written of it is taken back. */
  private write({ fd, bytes }: AuditFile, line: Buffer): void {
    const written = fs.writeSync(fd, line);
    if (written === line.length) return;
    fs.ftruncateSync(fd, bytes);
    throw Object.assign(new Error(`only ${written} of ${line.length} bytes were written`), { code: 'ENOSPC' });
  }

  private fileOf(name: string): AuditFile {
    const known = this.files.get(name);
    if (known !== undefined) return known;
    for (const oldest of [...this.files.keys()].slice(0, Math.max(0, this.files.size - OPEN_FILES_MAX + 1))) this.closeFile(oldest);
    const fd = fs.openSync(this.pathOf(name), fs.constants.O_RDWR | fs.constants.O_APPEND | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW, 0o600);
    const file = { fd, bytes: fs.fstatSync(fd).size };
    this.files.set(name, file);
    this.endLine(file);
    return file;
  }

  /** What a crash has torn stays on a line of its own. */
  private endLine(file: AuditFile): void {
    const last = Buffer.alloc(1);
    if (file.bytes === 0 || (fs.readSync(file.fd, last, 0, 1, file.bytes - 1) === 1 && last[0] === NEWLINE)) return;
    file.bytes += fs.writeSync(file.fd, '\n');
  }

  private rotate(name: string): void {
    this.closeFile(name);
    fs.renameSync(this.pathOf(name), this.pathOf(name, '.1'));
  }

  private closeFile(name: string): void {
    const file = this.files.get(name);
    this.files.delete(name);
    if (file !== undefined) fs.closeSync(file.fd);
  }

  private pathOf(name: string, generation = ''): string {
    return path.join(this.directory, `${name}${generation}.jsonl`);
  }
}

interface AuditFile {
  readonly fd: number;
  bytes: number;
}

/** None for a line that can't be read: what comes after it is read all the same. */
function parse(line: string): readonly AuditRecord[] {
  const parsed = auditRecord.safeParse(tryJson(line));
  return parsed.success ? [parsed.data] : [];
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The last `count` whole lines of a file; none when it is not there. */
async function lastLines(file: string, count: number): Promise<string[]> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return [];
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, count * RECORD_BYTES, FILE_BYTES_MAX);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    // The first is the rest of a line unless the file was read from its start; the last is what follows the last newline.
    return lines.slice(length < size ? 1 : 0, -1).slice(-count);
  } finally {
    await handle.close();
  }
}
