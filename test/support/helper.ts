// A real helper of a test's own: its socket, state and data in a temporary directory; stopped, with all its containers, at the end.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Session } from '../../extension/client/session.js';
import { connectSocket } from '../../extension/client/socket.js';
import { inRepository } from './repository.js';

const READY_MS = 20_000;
const STOP_MS = 20_000;

export interface TestHelper {
  /** 0755, with helper.sock, state/, data/, and what a test may put into policy.json. */
  readonly directory: string;
  readonly socketPath: string;
  /** Changes with a restart. */
  readonly process: ChildProcess;
  /** A new connection, as the user who runs the tests. */
  connect(): Promise<Session>;
  /** Ends it by `signal` and starts another on the same directories, after `meanwhile`; its containers go on. */
  restart(signal: NodeJS.Signals, meanwhile?: () => Promise<void>): Promise<void>;
  /** Removes all containers, ends the helper, removes the directory. */
  stop(): Promise<void>;
}

/** Needs root, the native build and the helper's bundle. `args`: further ones for the helper. */
export async function startHelper(args: readonly string[] = []): Promise<TestHelper> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-helper-'));
  fs.chmodSync(directory, 0o755);
  const socketPath = path.join(directory, 'helper.sock');
  const places = { socket: socketPath, 'state-dir': 'state', 'data-dir': 'data', policy: 'policy.json' };
  const flags = Object.entries(places).flatMap(([name, place]) => [`--${name}`, path.resolve(directory, place)]);
  const start = () => startProcess(socketPath, ['--development', ...flags, ...args], path.join(directory, 'helper.log'));
  const connect = async () => new Session(await connectSocket(socketPath));
  let child = await start();
  return {
    directory,
    socketPath,
    get process() {
      return child;
    },
    connect,
    async restart(signal, meanwhile) {
      await end(child, signal);
      await meanwhile?.();
      child = await start();
    },
    async stop() {
      if (isRunning(child)) await removeContainers(await connect());
      await end(child, 'SIGTERM');
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startProcess(socketPath: string, args: readonly string[], logPath: string): Promise<ChildProcess> {
  const log = fs.openSync(logPath, 'a');
  // The kernel ends it when the test's own process is killed.
  const program = ['--pdeathsig', 'TERM', '--', process.execPath, inRepository('dist/helper/main.js'), ...args];
  const child = spawn('setpriv', program, { stdio: ['ignore', log, log] });
  fs.closeSync(log);
  const deadline = Date.now() + READY_MS;
  while (isRunning(child) && Date.now() < deadline) {
    const session = await connectSocket(socketPath).then(
      (socket) => new Session(socket),
      () => null,
    );
    if (session !== null) {
      const answer = await session.call('system/ping', {}).then(
        () => true,
        () => false,
      );
      session.dispose();
      if (answer) return child;
    }
    await delay(50);
  }
  await end(child, 'SIGKILL');
  throw new Error(`the helper did not begin to serve:\n${fs.readFileSync(logPath, 'utf8').slice(-4000)}`);
}

async function removeContainers(session: Session): Promise<void> {
  try {
    const { containers } = await session.call('container/list', {});
    for (const { id } of containers) await session.call('container/remove', { container: id, force: true });
  } finally {
    session.dispose();
  }
}

/** A signal, then SIGKILL for one that does not end by it. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await Promise.race([exited, delay(STOP_MS, undefined, { ref: false })]);
  if (!isRunning(child)) return;
  child.kill('SIGKILL');
  await exited;
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
