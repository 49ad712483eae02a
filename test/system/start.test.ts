// `npm start` as far as a machine without a display can: the helper is installed and serves, has the embedded image, VS Code answers
// a browser; the end of it takes all of that with it. In places of the test's own.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { Session } from '../../extension/client/session.js';
import { connectSocket } from '../../extension/client/socket.js';
import { isCurrent } from '../../tools/start/helper.mjs';
import { inRepository } from '../support/repository.js';
import { requires } from '../support/world.js';

/** It packages the extension, and on a fresh machine fetches VS Code. */
const READY_MS = 400_000;

test('npm start serves, shows VS Code, and leaves nothing running', { ...requires('root', 'native', 'image'), timeout: READY_MS + 100_000 }, async (t) => {
  const places = temporaryPlaces(t);
  const program = start(t, places);
  const address = await program.says(/VS Code is at\s+(http:\S+)/);

  assert.match(await open(address), /workbench/);
  assert.equal((await fetch(new URL('/', address))).status, 403, 'only for who knows the token');
  assert.deepEqual(JSON.parse(fs.readFileSync(path.join(places.window, 'user/Machine/settings.json'), 'utf8')), { 'bulkhead.socketPath': places.socket });
  assert.ok(fs.readdirSync(path.join(places.window, 'extensions')).some((name) => name.startsWith('bulkhead.bulkhead-')));

  const session = new Session(await connectSocket(places.socket));
  const { images } = await session.call('image/list', {});
  session.dispose();
  assert.deepEqual(
    images.flatMap(({ references }) => references),
    ['bulkhead/busybox:latest'],
  );

  assert.ok(isCurrent(places.prefix));
  fs.appendFileSync(path.join(places.prefix, 'bulkhead-runtime'), 'of another version');
  assert.ok(!isCurrent(places.prefix));

  program.child.kill('SIGINT');
  const [code] = (await once(program.child, 'exit')) as [number | null];
  assert.equal(code, 0, program.output());
  assert.equal(fs.existsSync(places.socket), false);
  assert.deepEqual(processesOf(places.folder), []);
});

/** As a browser does: the token in the address becomes a cookie. */
async function open(address: string): Promise<string> {
  const { headers } = await fetch(address, { redirect: 'manual' });
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]);
  const page = await fetch(new URL(headers.get('location') ?? '', address), { headers: { cookie: cookie.join('; ') } });
  assert.equal(page.status, 200);
  return page.text();
}

interface Places {
  readonly folder: string;
  readonly prefix: string;
  readonly socket: string;
  readonly data: string;
  readonly cache: string;
  readonly window: string;
}

function temporaryPlaces(t: TestContext): Places {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-start-'));
  fs.chmodSync(folder, 0o755);
  t.after(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const at = (name: string) => path.join(folder, name);
  fs.mkdirSync(at('cache/bulkhead'), { recursive: true });
  borrowVsCode(at('cache/bulkhead'));
  return { folder, prefix: at('lib'), socket: at('run/helper.sock'), data: at('data'), cache: at('cache'), window: at('cache/bulkhead/window') };
}

/** What has been fetched already need not be fetched again. */
function borrowVsCode(cache: string): void {
  const common = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'bulkhead');
  const fetched = fs.existsSync(common) ? fs.readdirSync(common).filter((name) => name.startsWith('vscode-')) : [];
  for (const name of fetched) fs.symlinkSync(path.join(common, name), path.join(cache, name));
}

interface Program {
  readonly child: ChildProcess;
  output(): string;
  /** The first group of what it says, once it does. */
  says(pattern: RegExp): Promise<string>;
}

function start(t: TestContext, places: Places): Program {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...environment } = process.env;
  const own = { BULKHEAD_PREFIX: places.prefix, BULKHEAD_SOCKET: places.socket, BULKHEAD_DATA: places.data, XDG_CACHE_HOME: places.cache };
  const child = spawn(process.execPath, [inRepository('tools/start.mjs')], { env: { ...environment, ...own }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const says = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on('data', look);
      child.once('exit', () => reject(new Error(`npm start ended:\n${text}`)));
    });
  return { child, output: () => text, says };
}

/** Whose command lines name the folder. */
function processesOf(folder: string): readonly string[] {
  return fs.readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(folder) ? [`${pid} ${command}`] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
