// A user account of a test's own, and connections to a helper as that user: the kernel names who connects, so a process of his
// has to do it. It passes on, byte by byte, what the test says on a socket of its own.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** His own, 0700. */
  readonly home: string;
  /** The path of a socket: who connects there is connected to `helperSocket` as this user. */
  door(helperSocket: string): Promise<string>;
  remove(): Promise<void>;
}

const RELAY = `
const net = require('node:net');
const [target, door] = process.argv.slice(1);
net.createServer({ allowHalfOpen: true }, (from) => {
  const to = net.connect({ path: target, allowHalfOpen: true });
  from.pipe(to).pipe(from);
  from.on('error', () => to.destroy()).on('close', () => to.destroy());
  to.on('error', () => from.destroy()).on('close', () => from.destroy());
}).listen(door, () => process.stdout.write('ready'));
`;

export interface Relay {
  /** Who connects there is connected to the relay's target as its user. */
  readonly path: string;
  end(): void;
}

/** A process of `identity` that listens at `path`, where he may make a socket. Needs root. */
export async function relayAs(identity: { readonly uid: number; readonly gid: number }, target: string, path: string): Promise<Relay> {
  const process_ = startRelay(identity, target, path);
  await once(process_.stdout, 'data');
  return { path, end: () => void process_.kill('SIGKILL') };
}

function startRelay(identity: { readonly uid: number; readonly gid: number }, target: string, path: string) {
  return spawn(process.env['BULKHEAD_NODE'] ?? process.execPath, ['-e', RELAY, target, path], {
    ...identity,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Needs root and useradd, which gives him subordinate ids too. */
export function makeAccount(): Account {
  const name = `bh-test-${randomBytes(4).toString('hex')}`;
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-home-'));
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
  const [, , uid = '', gid = ''] = (fs.readFileSync('/etc/passwd', 'utf8').match(new RegExp(`^${name}:.*$`, 'm'))?.[0] ?? '').split(':');
  fs.chownSync(home, Number(uid), Number(gid));
  const relays: ChildProcess[] = [];
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    async door(helperSocket) {
      const door = path.join(home, `${randomBytes(4).toString('hex')}.sock`);
      const relay = startRelay({ uid: Number(uid), gid: Number(gid) }, helperSocket, door);
      relays.push(relay);
      await once(relay.stdout, 'data');
      return door;
    },
    async remove() {
      for (const relay of relays) await ended(relay);
      execFileSync('userdel', [name]);
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
}

async function ended(relay: ChildProcess): Promise<void> {
  if (relay.exitCode !== null || relay.signalCode !== null) return;
  const exited = once(relay, 'exit');
  relay.kill('SIGKILL');
  await exited;
}
