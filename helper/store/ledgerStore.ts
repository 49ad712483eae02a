// A container's ledger on disk: one line of JSON for each operation, appended, and now and then rewritten without the oldest. It is a
// record of the past: nothing is synced for it, and a line that can't be read is left out.
import { appendFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LEDGER_VERSION, ledgerEntryRecord, type LedgerEntryRecord } from './containerRecord.js';
import { temporaryPath, type Paths } from './paths.js';

export type LedgerLine = Omit<LedgerEntryRecord, 'version'>;

export class LedgerStore {
  constructor(private readonly paths: Paths) {}

  /** At once, into the page cache, as the audit log: three ways to another thread and back take longer. */
  append(id: string, line: LedgerLine): void {
    appendFileSync(this.paths.container(id).ledger, text(line), { mode: 0o600 });
  }

  /** The last `count` lines, oldest first. */
  async read(id: string, count: number): Promise<readonly LedgerLine[]> {
    const lines = (await this.content(id)).split('\n').slice(-count - 1);
    return lines.flatMap(parse).slice(-count);
  }

  /** Leaves the last `count` lines. */
  async shorten(id: string, count: number): Promise<void> {
    const { ledger } = this.paths.container(id);
    const lines = await this.read(id, count);
    const temporary = temporaryPath(path.dirname(ledger));
    await writeFile(temporary, lines.map(text).join(''), { mode: 0o600 });
    await rename(temporary, ledger);
  }

  private async content(id: string): Promise<string> {
    try {
      return await readFile(this.paths.container(id).ledger, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    }
  }
}

function text(line: LedgerLine): string {
  return `${JSON.stringify({ version: LEDGER_VERSION, ...line })}\n`;
}

function parse(line: string): readonly LedgerLine[] {
  try {
    const { version: _version, ...entry } = ledgerEntryRecord.parse(JSON.parse(line));
    return [entry];
  } catch {
    return [];
  }
}
