// The helper as a process: what it refuses to run from, that there is one of it, and how it ends.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { callAs } from '../support/callAs.js';
import { startHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { requires } from '../support/world.js';

const world = requires('root', 'native', 'helper');
const PROGRAM = inRepository('dist/helper/main.js');
const clean = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function runHelper(args: readonly string[], { wrapper = [], env = clean }: { wrapper?: readonly string[]; env?: NodeJS.ProcessEnv } = {}): Promise<Ended> {
  const [program = '', ...rest] = [...wrapper, process.execPath, PROGRAM, ...args];
  return new Promise((resolve) => {
    execFile(program, rest, { env, timeout: 20_000 }, (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 128), out, err }));
  });
}

/** A directory of root's own for a helper's places. */
function places(t: TestContext): { directory: string; flags: readonly string[] } {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-helper-'));
  fs.chmodSync(directory, 0o755);
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const flags = ['--socket', path.join(directory, 's'), '--state-dir', path.join(directory, 'state'), '--data-dir', path.join(directory, 'data')];
  return { directory, flags: [...flags, '--policy', path.join(directory, 'policy.json')] };
}

test('--version and --help need no rights; unknown options and relative paths are refused', world, async (t) => {
  const asUser = { wrapper: ['setpriv', '--reuid=61001', '--regid=61001', '--clear-groups'] };
  const { version } = JSON.parse(fs.readFileSync(inRepository('package.json'), 'utf8')) as { version: string };
  assert.equal((await runHelper(['--version'], asUser)).out, `${version}\n`);
  assert.match((await runHelper(['--help'], asUser)).out, /usage: bulkhead-helper/);
  for (const args of [['--frobnicate'], ['--socket', 'relative'], ['--socket', `/${'x'.repeat(200)}`], ['positional']]) {
    const { code, err } = await runHelper(args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, /^bulkhead: /);
    assert.doesNotMatch(err, /\n\s+at /, 'no trace');
  }
  const { code, err } = await runHelper(places(t).flags, asUser);
  assert.deepEqual([code, err], [1, 'bulkhead: must be run as root\n']);
});

test('refuses an environment, options of Node and files that others could have made', world, async (t) => {
  const { directory, flags } = places(t);
  for (const name of ['NODE_OPTIONS', 'NODE_PATH', 'LD_LIBRARY_PATH', 'OPENSSL_CONF']) {
    const { code, err } = await runHelper(flags, { env: { ...clean, [name]: name === 'NODE_OPTIONS' ? '--no-warnings' : '/nowhere' } });
    assert.equal(code, 1);
    assert.match(err, new RegExp(`the environment variable ${name} is set`));
  }
  const native = path.join(directory, 'native');
  fs.mkdirSync(native);
  fs.copyFileSync(inRepository('native/build/Release/bulkhead.node'), path.join(native, 'bulkhead.node'));
  const refusal = async () => (await runHelper([...flags, '--native-dir', native])).err;
  fs.chmodSync(path.join(native, 'bulkhead.node'), 0o666);
  assert.match(await refusal(), /bulkhead.node can be written to by others than root \(mode 666\)/);
  fs.chmodSync(path.join(native, 'bulkhead.node'), 0o644);
  fs.chownSync(path.join(native, 'bulkhead.node'), 61_001, 0);
  assert.match(await refusal(), /bulkhead.node belongs to uid 61001/);
  fs.chownSync(path.join(native, 'bulkhead.node'), 0, 0);
  fs.chmodSync(native, 0o777);
  assert.match(await refusal(), /native can be written to by others than root/);
});

test('refuses a socket where others could put theirs, and one that is no socket', world, async (t) => {
  const { directory, flags } = places(t);
  fs.chmodSync(directory, 0o777);
  assert.match((await runHelper([...flags, '--development'])).err, /must belong to root and be writable by nobody else/);
  fs.chmodSync(directory, 0o755);
  fs.writeFileSync(path.join(directory, 's'), 'precious');
  assert.match((await runHelper([...flags, '--development'])).err, /is not a socket/);
  assert.equal(fs.readFileSync(path.join(directory, 's'), 'utf8'), 'precious');
});

test('where directories above the socket are missing, everybody passes those that are made', world, async (t) => {
  const { directory, flags } = places(t);
  const socketPath = path.join(directory, 'a/b/c/s');
  const child = spawn(process.execPath, [PROGRAM, '--development', ...flags, '--socket', socketPath], { stdio: ['ignore', 'pipe', 'ignore'], env: clean });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  for (const made of ['a', 'a/b', 'a/b/c', 'state']) assert.equal(fs.statSync(path.join(directory, made)).mode & 0o777, 0o755, made);
  const [answer] = await callAs({ uid: 61_001, gid: 61_001 }, socketPath, ['system/ping', {}]);
  assert.deepEqual(answer?.result, {});
  // Reading what is stored has begun by now, on as many threads as were asked for.
  assert.ok(fs.readdirSync(`/proc/${child.pid ?? ''}/task`).length > 16);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
});

test('a policy that can not be understood, or that others can write, starts no helper', world, async (t) => {
  const { directory, flags } = places(t);
  const file = path.join(directory, 'policy.json');
  fs.writeFileSync(file, '{"version":1,"administrators":[0]}');
  assert.match((await runHelper([...flags, '--development'])).err, /administrators/);
  fs.writeFileSync(file, '{"version":1}');
  fs.chmodSync(file, 0o666);
  assert.match((await runHelper(flags)).err, /policy.json can be written to by others/);
});

test('of two helpers with one socket, one state or one store only the first serves', world, async () => {
  const helper = await startHelper();
  try {
    const taken = { '--socket': helper.socketPath, '--state-dir': path.join(helper.directory, 'state'), '--data-dir': path.join(helper.directory, 'data') };
    const free = {
      '--socket': path.join(helper.directory, 'other'),
      '--state-dir': path.join(helper.directory, 'x'),
      '--data-dir': path.join(helper.directory, 'y'),
    };
    for (const [flag, place] of Object.entries(taken)) {
      const flags = Object.entries({ ...free, [flag]: place }).flat();
      const { code, err } = await runHelper(['--development', ...flags]);
      assert.equal(code, 1, flag);
      assert.match(err, /another helper is running/);
    }
    const session = await helper.connect();
    await session.call('system/ping', {});
    session.dispose();
  } finally {
    await helper.stop();
  }
});

test('a socket that a killed helper has left is taken over', world, async () => {
  const helper = await startHelper();
  try {
    await helper.restart('SIGKILL');
    const session = await helper.connect();
    await session.call('system/ping', {});
    session.dispose();
  } finally {
    await helper.stop();
  }
});

test('SIGTERM: what waits is cancelled, the socket is gone, the exit code is 0', world, async () => {
  const helper = await startHelper();
  const session = await helper.connect();
  const child = helper.process;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  assert.equal(fs.existsSync(helper.socketPath), false);
  await assert.rejects(session.call('system/ping', {}));
  session.dispose();
  await helper.stop();
});

test("SIGUSR1 opens no debugger, and nothing of the starter's environment is left", world, async () => {
  const helper = await startHelper();
  try {
    helper.process.kill('SIGUSR1');
    await delay(300);
    const proc = `/proc/${helper.process.pid ?? ''}`;
    const status = fs.readFileSync(`${proc}/net/tcp`, 'utf8');
    assert.doesNotMatch(status, / 0100007F:240D .* 0A /, '127.0.0.1:9229, listening');
    await assert.rejects(reach(9229));
    const session = await helper.connect();
    await session.call('system/ping', {});
    session.dispose();
    assert.equal(fs.readlinkSync(`${proc}/cwd`), '/');
    assert.match(fs.readFileSync(`${proc}/status`, 'utf8'), /^Umask:\s+0077$/m);
  } finally {
    await helper.stop();
  }
});

test('says when it is ready, once', world, async (t) => {
  const { flags, directory } = places(t);
  const child = spawn(process.execPath, [PROGRAM, '--development', ...flags], { stdio: ['ignore', 'pipe', 'ignore'], env: clean });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(line.toString(), `bulkhead: ready on ${path.join(directory, 's')}\n`);
  assert.equal(fs.statSync(path.join(directory, 's')).mode & 0o777, 0o666);
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  assert.deepEqual(await exited, [0, null]);
});

function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
