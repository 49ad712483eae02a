// VS Code's server on a port of this machine's loopback: started, waited for, stopped with all its processes.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../run.mjs';
import { installVsCode } from './install.mjs';

const READY_MS = 60_000;
const STOP_MS = 5_000;

/**
 * `folder` holds everything that it writes. `port`: 0 for any. `driver`: whether pages may load an extension that is being
 * developed, and report its tests. Resolves to { authority, address, ended, stop }: `address(query)` is what a browser opens,
 * `ended` resolves to a reason, should it end by itself.
 */
export async function startServer({ folder, port = 0, driver = false, userDataDir, extensionsDir, env = process.env }) {
  const { node, server } = await installVsCode();
  const chosen = port === 0 ? await freePort() : port;
  fs.mkdirSync(folder, { recursive: true });
  const listen = ['--host', '127.0.0.1', '--port', String(chosen), '--connection-token-file', tokenFile(folder), '--disable-workspace-trust'];
  // The kernel ends it when this process is killed outright.
  const args = [
    '--pdeathsig',
    'TERM',
    '--',
    node,
    server,
    ...listen,
    ...dataFlags({ folder, userDataDir, extensionsDir }),
    ...(driver ? ['--enable-smoke-test-driver'] : []),
  ];
  const log = fs.openSync(path.join(folder, 'server.log'), 'a');
  const child = spawn('setpriv', args, { stdio: ['ignore', log, log], detached: true, env: serverEnvironment(env, folder) });
  fs.closeSync(log);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`VS Code's server ended (${code ?? signal})`));
  });
  const authority = `127.0.0.1:${chosen}`;
  const address = (query) => `http://${authority}/?${new URLSearchParams({ tkn: fs.readFileSync(tokenFile(folder), 'utf8'), ...query })}`;
  const stop = () => endGroup(child, ended);
  try {
    await Promise.race([ready(`http://${authority}`), ended.then((reason) => Promise.reject(new Error(`${reason}; see ${folder}/server.log`)))]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { authority, address, ended, stop };
}

/** What a browser has to know: others on this machine can reach the port, too, and a VS Code is a shell. Kept for the next time. */
function tokenFile(folder) {
  const file = path.join(folder, 'connection-token');
  if (!fs.existsSync(file)) fs.writeFileSync(file, crypto.randomBytes(24).toString('hex'), { mode: 0o600 });
  return file;
}

/** Installs a .vsix into the server's extensions. */
export async function installExtension(vsix, { folder, userDataDir, extensionsDir }) {
  const { node, server } = await installVsCode();
  await run(node, [server, ...dataFlags({ folder, userDataDir, extensionsDir }), '--install-extension', vsix, '--force'], {
    env: serverEnvironment(process.env, folder),
  });
}

function dataFlags({ folder, userDataDir = path.join(folder, 'user'), extensionsDir = path.join(folder, 'extensions') }) {
  const folders = ['--user-data-dir', userDataDir, '--extensions-dir', extensionsDir, '--server-data-dir', path.join(folder, 'server')];
  return [...folders, '--accept-server-license-terms', '--telemetry-level', 'off'];
}

/** Without what an outer VS Code says to its children; its sockets go to XDG_RUNTIME_DIR. */
function serverEnvironment(env, folder) {
  const kept = Object.entries(env).filter(([name]) => !/^(VSCODE_(?!TEST_)|ELECTRON_)/.test(name));
  return { ...Object.fromEntries(kept), XDG_RUNTIME_DIR: folder };
}

async function ready(origin) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${origin}/version`).catch(() => null);
    if (answer?.ok) return;
    await delay(50);
  }
  throw new Error(`VS Code's server does not answer at ${origin}`);
}

async function endGroup(child, ended) {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      return; // nobody of the group is left
    }
    await Promise.race([ended, delay(STOP_MS, undefined, { ref: false })]);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
