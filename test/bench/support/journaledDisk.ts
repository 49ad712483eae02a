// A file system as users have it: ext4 with its journal, on memory. (Without a journal, files that are made soon after others were
// removed take ten times as long.)
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export class JournaledDisk {
  private readonly memory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-bench-'));
  /** Of the ext4. */
  readonly root = path.join(this.memory, 'disk');
  /** Of the memory that it lies in. */
  readonly scratch = path.join(this.memory, 'scratch');

  constructor(gigabytes: number) {
    run('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', this.memory);
    for (const folder of [this.root, this.scratch]) fs.mkdirSync(folder);
    const image = path.join(this.memory, 'ext4');
    run('truncate', `--size=${gigabytes}G`, image);
    run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', '-N', '2000000', image);
    run('mount', '-o', 'loop', image, this.root);
  }

  /** A new folder on it. */
  folder(): string {
    return fs.mkdtempSync(path.join(this.root, 'store-'));
  }

  end(): void {
    run('umount', this.root);
    run('umount', this.memory);
    fs.rmdirSync(this.memory);
  }
}

const run = (command: string, ...args: readonly string[]): void => void execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
