// media/install-helper.sh, the one script that users run as root: all that it makes in a temporary folder, and no service of this
// machine's. What it has to do with systemd is looked at in a mount namespace of its own, with a stand-in for systemctl.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { Session } from '../../extension/client/session.js';
import { connectSocket } from '../../extension/client/socket.js';
import { ensureImage } from '../../tools/client/images.js';
import { inRepository } from '../support/repository.js';
import { requires } from '../support/world.js';
import { privately, serviceManager } from './support/otherMachine.js';

const world = requires('root', 'native', 'helper');
const IMAGE = 'bulkhead/busybox:latest';
/** Nobody's on a usual machine. */
const STRANGER = 61_001;
const FILES = ['bulkhead.node', 'bulkhead-runtime', 'helper.js', 'install-helper.sh', 'start-helper.sh'];
const CANDIDATES = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs'];

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** A machine's places, in a folder that is taken away again, and what is installed from: a stranger's folder, as a user's extension is. */
class Place {
  readonly folder: string;
  readonly from: string;
  readonly prefix: string;
  readonly socket: string;

  constructor(t: TestContext) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-install-'));
    fs.chmodSync(this.folder, 0o755);
    [this.from, this.prefix, this.socket] = [this.at('extension'), this.at('lib/bulkhead'), this.at('run/helper.sock')];
    t.after(async () => {
      await this.run('--uninstall');
      fs.rmSync(this.folder, { recursive: true, force: true });
    });
    this.fill();
  }

  at(name: string): string {
    return path.join(this.folder, name);
  }

  private fill(): void {
    const files = ['dist/helper/main.js', 'native/build/Release/bulkhead.node', 'native/build/Release/bulkhead-runtime', 'media/install-helper.sh'];
    for (const file of files) {
      fs.mkdirSync(path.dirname(path.join(this.from, file)), { recursive: true });
      fs.copyFileSync(inRepository(file), path.join(this.from, file));
    }
    for (const name of ['.', ...fs.readdirSync(this.from, { recursive: true, encoding: 'utf8' })])
      fs.lchownSync(path.join(this.from, name), STRANGER, STRANGER);
  }

  /** Runs the script on these places; `inside`: what is run before it, such as a namespace of its own. */
  run(...args: readonly string[]): Promise<Ended> {
    return this.runInside([], ...args, '--no-service');
  }

  runInside(inside: readonly string[], ...args: readonly string[]): Promise<Ended> {
    const places = { '--prefix': this.prefix, '--socket': this.socket, '--data': this.at('data'), '--log': this.at('log/helper.out') };
    const [program = '', ...rest] = [...inside, 'sh', path.join(this.from, 'media/install-helper.sh'), ...Object.entries(places).flat(), ...args];
    return new Promise((resolve) => {
      execFile(program, rest, { timeout: 120_000, cwd: '/' }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 128), said: out + err }),
      );
    });
  }

  async connect(): Promise<Session> {
    return new Session(await connectSocket(this.socket));
  }

  async helperPid(): Promise<number> {
    const words = (file: string) => fs.readFileSync(file, 'utf8').split('\0');
    const found = fs
      .readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && fs.existsSync(`/proc/${pid}/cmdline`) && words(`/proc/${pid}/cmdline`)[1] === `${this.prefix}/helper.js`);
    assert.equal(found.length, 1, 'one helper runs');
    return Promise.resolve(Number(found[0]));
  }
}

test('a folder that others can write to is no place for it, nor one below; nothing is made there', world, async (t) => {
  const place = new Place(t);
  fs.mkdirSync(place.at('lib'));
  for (const spoil of [() => fs.chmodSync(place.at('lib'), 0o775), () => fs.chownSync(place.at('lib'), STRANGER, STRANGER)]) {
    spoil();
    const { code, said } = await place.run('--from', place.from);
    assert.deepEqual([code, fs.readdirSync(place.at('lib'))], [1, []]);
    assert.match(said, /can be written by others than root/);
    fs.chownSync(place.at('lib'), 0, 0);
    fs.chmodSync(place.at('lib'), 0o755);
  }
});

test('a link is as good as the folder that it leads to', world, async (t) => {
  const place = new Place(t);
  fs.mkdirSync(place.at('strangers'));
  fs.chownSync(place.at('strangers'), STRANGER, STRANGER);
  fs.symlinkSync(place.at('strangers'), place.at('lib'));
  assert.equal((await place.run('--from', place.from)).code, 1);
  assert.deepEqual(fs.readdirSync(place.at('strangers')), []);
});

test('says what is wrong with its arguments, and needs root', world, async (t) => {
  const place = new Place(t);
  for (const args of [
    [],
    ['--frobnicate'],
    ['--prefix', 'relative', '--start'],
    ['--prefix', '/a b', '--start'],
    ['--start'],
    ['--from', place.at('nowhere')],
  ]) {
    const { code, said } = await place.run(...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(said, /^bulkhead: /m);
  }
  const asStranger = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
  assert.match((await place.runInside(asStranger, '--from', place.from)).said, /must be run as root/);
});

test(
  'what is installed serves, is root’s own, goes on through an update with its containers, and leaves nothing',
  { ...requires('root', 'native', 'helper', 'image'), timeout: 180_000 },
  async (t) => {
    const place = new Place(t);
    const fresh = await place.run('--from', place.from, '--node', process.execPath, '--start');
    assert.equal(fresh.code, 0, fresh.said);
    for (const file of FILES) {
      const { uid, mode } = fs.lstatSync(path.join(place.prefix, file));
      assert.deepEqual([uid, mode & 0o7022], [0, 0], file);
    }

    await ensureImage(place.socket, inRepository('dist/image/busybox.tar'), IMAGE);
    const session = await place.connect();
    const { id } = await session.call('container/create', { spec: { image: IMAGE, command: ['sleep', '1000'] } });
    await session.call('container/start', { container: id });
    const running = (await session.call('container/list', {})).containers[0]?.state;
    session.dispose();
    assert.equal(running?.status, 'running');

    const before = await place.helperPid();
    const update = await place.run('--from', place.from, '--node', process.execPath, '--start');
    assert.equal(update.code, 0, update.said);
    assert.notEqual(await place.helperPid(), before, 'another helper runs');
    const next = await place.connect();
    assert.deepEqual((await next.call('container/list', {})).containers[0]?.state, running, 'the same process, since the same moment');
    await next.call('container/remove', { container: id, force: true });
    next.dispose();

    const removal = await place.run('--uninstall');
    assert.equal(removal.code, 0, removal.said);
    assert.deepEqual(fs.readdirSync(place.folder).sort(), ['data', 'extension', 'lib'], 'the images are left, which are the users’');
    assert.deepEqual(fs.readdirSync(place.at('lib')), []);
  },
);

test('what does not run is not put in the place of what does', world, async (t) => {
  const place = new Place(t);
  const fresh = await place.run('--from', place.from, '--node', process.execPath, '--start');
  assert.equal(fresh.code, 0, fresh.said);
  const helper = await place.helperPid();
  for (const file of ['dist/helper/main.js', 'native/build/Release/bulkhead.node']) {
    const whole = fs.readFileSync(path.join(place.from, file));
    fs.writeFileSync(path.join(place.from, file), whole.subarray(0, whole.length / 2));
    const { code, said } = await place.run('--from', place.from, '--node', process.execPath, '--start');
    assert.equal(code, 1, said);
    fs.writeFileSync(path.join(place.from, file), whole);
  }
  assert.equal(await place.helperPid(), helper);
  assert.deepEqual(fs.readFileSync(path.join(place.prefix, 'helper.js')), fs.readFileSync(inRepository('dist/helper/main.js')));
  assert.deepEqual(
    fs.readdirSync(place.prefix).filter((name) => name.startsWith('.')),
    [],
  );
});

test('a link in the user’s folder brings nothing that he could not read himself', world, async (t) => {
  const place = new Place(t);
  fs.writeFileSync(place.at('secret'), 'root’s own', { mode: 0o600 });
  for (const file of ['dist/helper/more.js', 'native/build/Release/bulkhead-runtime']) {
    fs.rmSync(path.join(place.from, file), { force: true });
    fs.symlinkSync(place.at('secret'), path.join(place.from, file));
    const { code, said } = await place.run('--from', place.from, '--node', process.execPath);
    assert.equal(code, 1, said);
    assert.equal(fs.existsSync(place.prefix), false);
    fs.rmSync(path.join(place.from, file));
  }
});

test('the environment does not choose what root’s Node runs', world, async (t) => {
  const place = new Place(t);
  fs.writeFileSync(place.at('evil.cjs'), `require('node:fs').appendFileSync(${JSON.stringify(place.at('ran'))}, 'x')`);
  const { code, said } = await place.runInside(
    ['env', `NODE_OPTIONS=--require=${place.at('evil.cjs')}`],
    '--from',
    place.from,
    '--node',
    process.execPath,
    '--start',
    '--no-service',
  );
  assert.equal(code, 0, said);
  assert.equal(fs.existsSync(place.at('ran')), false);
});

test('a Node that is not root’s own is not run where it is', world, async (t) => {
  const place = new Place(t);
  fs.mkdirSync(place.at('theirs'));
  const theirs = place.at('theirs/node');
  fs.copyFileSync(process.execPath, theirs);
  fs.chownSync(theirs, STRANGER, STRANGER);
  const inside = privately(CANDIDATES.filter((file) => fs.existsSync(file)).map((file) => `mount --bind '${theirs}' '${fs.realpathSync(file)}'`));
  const without = await place.runInside(inside, '--from', place.from, '--no-service');
  assert.deepEqual([without.code, fs.existsSync(place.prefix)], [1, false], without.said);
  assert.match(without.said, /no Node 20\.19 or newer/);

  const given = await place.runInside(inside, '--from', place.from, '--node', theirs, '--no-service');
  assert.equal(given.code, 0, given.said);
  assert.equal(fs.lstatSync(path.join(place.prefix, 'node')).uid, 0, 'a copy');
  assert.match(fs.readFileSync(path.join(place.prefix, 'start-helper.sh'), 'utf8'), new RegExp(`'${place.prefix}/node'`));

  // A desktop’s VS Code can't be copied alone, so it has to be root's with all that is beside it.
  fs.chownSync(theirs, 0, 0);
  fs.writeFileSync(place.at('theirs/chrome_100_percent.pak'), '');
  const application = () => place.runInside(inside, '--from', place.from, '--node', theirs, '--no-service');
  // /usr/bin/node is the same file now: it must go on being none that root can use.
  fs.chmodSync(theirs, 0o757);
  assert.equal((await application()).code, 1);
});

test('under systemd, too, “done” means that it serves', { ...world, timeout: 180_000 }, async (t) => {
  const place = new Place(t);
  const systemd = serviceManager(t);
  const good = await place.runInside(systemd.inside, '--from', place.from, '--node', process.execPath);
  assert.equal(good.code, 0, good.said);
  const session = await place.connect();
  await session.call('system/ping', {});
  session.dispose();

  // Its version is printed, but it can’t serve: where its socket’s folder would be is a file.
  await place.runInside(systemd.inside, '--uninstall');
  fs.rmSync(place.at('run'), { recursive: true, force: true });
  fs.writeFileSync(place.at('run'), 'in the way');
  const bad = await place.runInside(systemd.inside, '--from', place.from, '--node', process.execPath);
  assert.equal(bad.code, 1, bad.said);
  assert.match(bad.said, /(EEXIST|ENOTDIR)[^]*did not begin to serve/, 'its last words');
  assert.doesNotMatch(bad.said, /^bulkhead: done$/m);

  const removal = await place.runInside(systemd.inside, '--uninstall');
  assert.equal(removal.code, 0, removal.said);
  assert.deepEqual(systemd.units(), [], 'nothing of a service is left');
});
