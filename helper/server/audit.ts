// The audit log: what was done in whose name. Append-only JSON lines, root's (0600); a user reads his own by `system/audit`.
//
//   <state of the data directory>/audit/<uid>.jsonl      the records of that uid's calls
//                                 refused.jsonl          peers that were not let in: one file, since their uids can be made up at will
//                                 ….1.jsonl … .3.jsonl   the records before, each time that a file has grown to 16 MiB
import fs from 'node:fs';
import path from 'node:path';
import { auditRecord, type AuditRecord } from '../../protocol/system.js';
import type { AuditReader } from '../handlers/call.js';
import { lastLines } from './lastLines.js';
import type { Log } from './log.js';

const REFUSED = 'refused';
const FILE_BYTES_MAX = 16 * 2 ** 20;
/** Files that are kept open: the uids that act at the same time. */
const OPEN_FILES_MAX = 64;
/** Of the files before, the newest first. */
const GENERATIONS = ['.1', '.2', '.3'];
/** A thousand records of the longest kind. */
const TAIL_BYTES_MAX = 16 * 2 ** 20;
const NEWLINE = 0x0a;

export class Audit implements AuditReader {
  private readonly files = new Map<string, AuditFile>();
  /** The reading that each uid's next one waits for. */
  private readonly tails = new Map<number, Promise<void>>();

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

  /** One at a time of each uid's: what it takes in memory is taken once. */
  async tail(uid: number, count: number): Promise<AuditRecord[]> {
    const earlier = this.tails.get(uid);
    const reading = (earlier ?? Promise.resolve()).then(() => this.readTail(String(uid), count));
    const settled = reading.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(uid, settled);
    try {
      return await reading;
    } finally {
      if (this.tails.get(uid) === settled) this.tails.delete(uid);
    }
  }

  private async readTail(name: string, count: number): Promise<AuditRecord[]> {
    let lines: readonly string[] = [];
    for (const generation of ['', ...GENERATIONS]) {
      const older = await lastLines(this.pathOf(name, generation), count - lines.length, TAIL_BYTES_MAX);
      lines = [...older, ...lines];
      if (lines.length >= count) break;
    }
    return lines.flatMap(parse);
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
    const names = ['', ...GENERATIONS].map((generation) => this.pathOf(name, generation));
    for (let older = names.length - 1; older > 0; older -= 1) {
      const [from, to] = [names[older - 1], names[older]];
      if (from !== undefined && to !== undefined && fs.existsSync(from)) fs.renameSync(from, to);
    }
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
