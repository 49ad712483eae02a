// What an escape would touch on the host: a tree of root's own, /etc, the runtime's executable, the kernel's settings that run
// programs. A picture before, one after, and they must be the same.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inRepository } from '../../../support/repository.js';

const KERNEL_FILES = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sys/kernel/hostname', '/proc/sys/kernel/sysrq'];
const CONTENT = 'not to be read by a container\n';

export class Canary {
  /** Of root alone; symbolic links of attackers lead here. */
  readonly directory = fs.mkdtempSync(path.join(os.homedir(), 'bulkhead-canary-'));
  readonly secret = path.join(this.directory, 'secret');
  /** A directory for what wants one to be there. */
  readonly folder = path.join(this.directory, 'folder');
  private readonly before: ReadonlyMap<string, string>;

  constructor() {
    fs.writeFileSync(this.secret, CONTENT, { mode: 0o600 });
    fs.mkdirSync(this.folder);
    this.before = this.picture();
  }

  /** Nothing of the host has changed, so far. */
  check(): void {
    const after = this.picture();
    // Where others install packages meanwhile, /etc is theirs too.
    if (process.env['BULKHEAD_SHARED'] === '1') after.set('/etc', this.before.get('/etc') ?? '');
    assert.deepEqual(Object.fromEntries(after), Object.fromEntries(this.before), 'the host has been changed');
  }

  /** Fails when a container has got at the secret. */
  isIn(text: string): boolean {
    return text.includes(CONTENT.trim());
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  private picture(): Map<string, string> {
    const files = [inRepository('native/build/Release/bulkhead-runtime'), ...KERNEL_FILES, ...releaseAgents()];
    const contents = files.filter((file) => fs.existsSync(file)).map((file): [string, string] => [file, hash(fs.readFileSync(file))]);
    return new Map([...contents, ...[this.directory, '/etc'].map((folder): [string, string] => [folder, hashOfTree(folder)]), ['/', hostRoot()]]);
  }
}

/** Of every cgroup v1 hierarchy: the program that the kernel would run as root. */
function releaseAgents(): string[] {
  const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts.flatMap((line) => {
    const [, folder, type] = line.split(' ');
    return folder !== undefined && type === 'cgroup' ? [path.join(folder, 'release_agent')] : [];
  });
}

/** What lies directly below the host's root: where a path that leaves a container's root begins. */
const hostRoot = (): string => fs.readdirSync('/').sort().join(' ');

function hashOfTree(folder: string): string {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return `${names.length} entries, ${hash(Buffer.from([folder, ...names.map((name) => path.join(folder, name))].map(describe).join('\n')))}`;
}

/** Everything about an inode that a change would show; its content by size and time, which no unprivileged process can put back. */
function describe(file: string): string {
  const { mode, uid, gid, size, ino, mtimeMs, ctimeMs } = fs.lstatSync(file);
  return [file, mode, uid, gid, size, ino, mtimeMs, ctimeMs].join(' ');
}

function hash(content: Buffer): string {
  return crypto.createHash('sha256').update(content).digest('hex').slice(0, 16);
}
