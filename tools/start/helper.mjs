// Sees to it that a helper serves. One that does is taken as it is; else the helper is installed, root-owned (root must not run
// what a user can write), and started as root: by systemd where it runs the machine, by this program elsewhere.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inRepository, repositoryRoot } from '../repository.mjs';
import { asRoot, canBeRoot, run } from '../run.mjs';

const READY_MS = 30_000;

/** `places`: see places.mjs. Resolves to { ended, stop }. */
export async function ensureHelper(places) {
  const { socketPath, isStandard } = places;
  const state = await stateOf(socketPath);
  if (state === 'EACCES') throw new Error(`a helper serves at ${socketPath}, but not you`);
  const isServing = state === 'serving';
  if (isServing && (isCurrent(places.prefix) || !isStandard)) return notOurs;
  // One that is out of date is replaced in the background, where it runs; containers go on.
  // Who has to do it as root by hand starts it with it: he finds it serving the next time.
  await install(places, isServing || !canBeRoot() ? ['--start'] : []);
  // Where systemd has started it, the script has waited until it serves.
  return (await stateOf(socketPath)) === 'serving' ? notOurs : startHere(places);
}

const notOurs = { ended: new Promise(() => {}), stop: () => undefined };

/** What is installed, and what it is a copy of. */
function copies() {
  const scripts = fs.readdirSync(inRepository('dist/helper')).filter((name) => name.endsWith('.js'));
  return [
    ...scripts.map((name) => [name === 'main.js' ? 'helper.js' : name, `dist/helper/${name}`]),
    ...['bulkhead.node', 'bulkhead-runtime'].map((name) => [name, `native/build/Release/${name}`]),
    ['install-helper.sh', 'media/install-helper.sh'],
  ];
}

export function isCurrent(prefix) {
  return copies().every(([copy, original]) => {
    const [installed, built] = [`${prefix}/${copy}`, inRepository(original)];
    return fs.existsSync(installed) && fs.readFileSync(installed).equals(fs.readFileSync(built));
  });
}

async function install({ prefix, isStandard }, more) {
  console.log(`start: installing the helper to ${prefix}, as root`);
  const args = ['--prefix', prefix, '--from', repositoryRoot, '--node', process.execPath, ...(isStandard ? [] : ['--no-service']), ...more];
  await run(...asRoot('sh', inRepository('media/install-helper.sh'), ...args), { stdio: 'inherit' });
}

async function startHere({ prefix, socketPath, dataDirectory }) {
  const [command, args] = asRoot(`${prefix}/start-helper.sh`, '--socket', socketPath, '--data-dir', dataDirectory);
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
  if (await Promise.race([serves(socketPath, READY_MS), ended.then(() => false)])) return { ended, stop };
  await stop();
  throw new Error(`the helper did not begin to serve at ${socketPath}`);
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
