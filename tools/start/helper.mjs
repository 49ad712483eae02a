// Sees to it that a helper serves. One that does is taken as it is; else the helper is installed, root-owned (root must not run
// what a user can write), and started as root: by systemd where it runs the machine, by this program elsewhere.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inRepository, repositoryRoot } from '../repository.mjs';
import { asRoot, run } from '../run.mjs';

const PREFIX = '/usr/local/lib/bulkhead';
const SOCKET = '/run/bulkhead/helper.sock';
const READY_MS = 30_000;
/** Where systemd has started it by then, it is a service. */
const SERVICE_MS = 3000;

/** What is installed, and what it is a copy of. */
const COPIES = { 'helper.js': 'dist/helper/main.js', 'bulkhead.node': 'native/build/Release/bulkhead.node' };

/** Resolves to { socketPath, ended, stop }. */
export async function ensureHelper() {
  const socketPath = process.env.BULKHEAD_SOCKET ?? SOCKET;
  const state = await stateOf(socketPath);
  if (state === 'EACCES') throw new Error(`a helper serves at ${socketPath}, but not you`);
  const isServing = state === 'serving';
  if (isServing && (isCurrent() || socketPath !== SOCKET)) return notOurs(socketPath);
  // One that is out of date is replaced in the background, where it runs; containers go on.
  await install(isServing ? ['--start'] : []);
  return (await serves(socketPath, isServing ? READY_MS : SERVICE_MS)) ? notOurs(socketPath) : startHere(socketPath);
}

const notOurs = (socketPath) => ({ socketPath, ended: new Promise(() => {}), stop: () => undefined });

const isCurrent = () =>
  Object.entries(COPIES).every(([copy, original]) => {
    const [installed, built] = [`${PREFIX}/${copy}`, inRepository(original)];
    return fs.existsSync(installed) && fs.readFileSync(installed).equals(fs.readFileSync(built));
  });

async function install(more) {
  console.log(`start: installing the helper to ${PREFIX}, as root`);
  const args = ['--prefix', PREFIX, '--from', repositoryRoot, '--node', process.execPath, ...more];
  await run(...asRoot(inRepository('media/install-helper.sh'), ...args), { stdio: 'inherit' });
}

async function startHere(socketPath) {
  const [command, args] = asRoot(`${PREFIX}/start-helper.sh`);
  const child = spawn(command, args, { stdio: 'inherit' });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(`the helper: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`the helper ended (${code ?? signal})`));
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      // Ctrl-C has reached it, too: it may be gone by now.
      await run(...asRoot('kill', '-TERM', String(child.pid))).catch(() => undefined);
    }
    await ended;
  };
  if (await Promise.race([serves(socketPath, READY_MS), ended.then(() => false)])) return { socketPath, ended, stop };
  await stop();
  throw new Error('the helper did not begin to serve');
}

async function serves(socketPath, timeoutMs) {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await delay(100)) if ((await stateOf(socketPath)) === 'serving') return true;
  return false;
}

/** `serving`, or why not: the errno's name. */
function stateOf(socketPath) {
  if (!fs.existsSync(socketPath)) return Promise.resolve('ENOENT');
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    socket.once('error', (error) => resolve(error.code));
    socket.once('connect', () => {
      socket.destroy();
      resolve('serving');
    });
  });
}
