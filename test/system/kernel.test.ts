// What the kernel interface does besides containers: who calls, opening as him, layers, trees, locks.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import zlib from 'node:zlib';
import { KernelError, type PeerIdentity } from '../../helper/kernel/kernel.js';
import type { NativeKernel } from '../../helper/kernel/nativeKernel.js';
import { descriptorOf } from '../../helper/server/descriptor.js';
import { inRepository } from '../support/repository.js';
import { requires } from '../support/world.js';
import { loadKernel } from './support/scratchContainer.js';

const LIMITS = { maxEntries: 1000, maxBytes: 2 ** 30 };
const NOBODY = { uid: 65_534, gid: 65_534, groups: [] };

/** Connects from within another root directory, and waits for the end. */
const CHROOTED = 'chroot $ARGV[0] or die; my $s = IO::Socket::UNIX->new(Peer => $ARGV[1]) or die; <$s>;';

describe('the kernel interface', requires('root', 'native'), () => {
  let kernel: NativeKernel;
  let base: string;

  before(() => {
    kernel = loadKernel();
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-kernel-'));
    fs.chmodSync(base, 0o755);
  });
  after(() => kernel.removeTree(base));

  const at = (name: string): string => path.join(base, name);
  const failsWith = (errnoName: string) => (error: unknown) => error instanceof KernelError && error.errnoName === errnoName;

  test('tells what this machine can do, the same each time', () => {
    const host = kernel.host();
    assert.match(host.bootId, /^[0-9a-f-]{36}$/);
    assert.equal(host.kernelRelease, os.release());
    assert.ok(
      host.controllers.every((name) => /^[a-z0-9_=]+$/.test(name)),
      host.controllers.join(' '),
    );
    assert.equal(kernel.host(), host);
  });

  /** Of a client program that connects as `user`, in namespaces as `wrapper` makes them. */
  async function identityOf(
    wrapper: readonly string[],
    ids: { uid?: number; gid?: number } = {},
    argumentsFor?: (place: string) => readonly string[],
  ): Promise<PeerIdentity> {
    const place = at(`peer-${Math.random()}.sock`);
    const server = net.createServer().listen(place);
    await once(server, 'listening');
    fs.chmodSync(place, 0o777);
    const script = `require('net').connect(${JSON.stringify(place)}).on('end', () => process.exit())`;
    const [command = '', ...args] = [...wrapper, ...(argumentsFor?.(place) ?? [process.execPath, '-e', script])];
    const client = spawn(command, args, { stdio: 'ignore', ...ids });
    const [socket] = (await once(server, 'connection')) as [net.Socket];
    const identity = kernel.peerIdentity(descriptorOf(socket));
    socket.end();
    server.close();
    await once(client, 'exit');
    return identity;
  }

  test('knows the peer by the kernel’s word: pid, uid, gid, groups, user namespace', async () => {
    const identity = await identityOf([], { uid: 4321, gid: 4322 });
    assert.deepEqual([identity.uid, identity.gid, identity.sameUserNamespace], [4321, 4322, true]);
    assert.ok(identity.pid > 1);
    const grouped = await identityOf(['setpriv', '--reuid=4321', '--regid=4322', '--groups=7,8,4322']);
    assert.deepEqual(
      [...grouped.groups].sort((a, b) => a - b),
      [7, 8, 4322],
    );
  });

  test('knows a peer of another user namespace, though he says root', requires('user-namespaces'), async () => {
    assert.equal((await identityOf(['unshare', '--user', '--map-root-user'])).sameUserNamespace, false);
  });

  test('knows a peer of another pid namespace, and one who sees other files', async () => {
    const here = await identityOf([]);
    assert.deepEqual([here.samePidNamespace, here.seesSameFiles], [true, true]);
    const contained = await identityOf(['unshare', '--pid', '--fork']);
    assert.deepEqual([contained.sameUserNamespace, contained.samePidNamespace], [true, false]);
    const sandboxed = await identityOf(['unshare', '--mount']);
    assert.deepEqual([sandboxed.sameUserNamespace, sandboxed.samePidNamespace, sandboxed.seesSameFiles], [true, true, false]);
    const rooted = await identityOf(['perl', '-MIO::Socket::UNIX', '-e', CHROOTED], {}, (place) => [base, path.join('/', path.relative(base, place))]);
    assert.deepEqual([rooted.sameUserNamespace, rooted.samePidNamespace, rooted.seesSameFiles], [true, true, false]);
  });

  test('opens as the caller whatever a path is exchanged for meanwhile: 2,000 times, and never what he could not open', async () => {
    const exchanger = at('exchanger');
    execFileSync('g++', ['-std=c++20', '-O2', '-o', exchanger, inRepository('test/system/support/exchanger.cpp')]);
    for (const name of ['hers', 'secret']) {
      fs.mkdirSync(at(name));
      fs.writeFileSync(path.join(at(name), 'file'), name);
    }
    fs.chmodSync(path.join(at('hers'), 'file'), 0o666);
    fs.chmodSync(path.join(at('secret'), 'file'), 0o600);
    const secret = fs.statSync(path.join(at('secret'), 'file')).ino;
    fs.symlinkSync(at('secret'), at('link'));
    const racer = spawn(exchanger, [at('hers'), at('link')], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(racer.stdout, 'data');
    const outcomes = { opened: 0, refused: 0, escaped: 0 };
    for (let round = 0; round < 2000; round += 10) await Promise.all(Array.from({ length: 10 }, () => race(path.join(at('hers'), 'file'), secret, outcomes)));
    racer.kill('SIGKILL');
    await once(racer, 'exit');
    assert.equal(outcomes.escaped, 0);
    assert.ok(outcomes.opened > 100 && outcomes.refused > 100, `a race: ${JSON.stringify(outcomes)}`);
  });

  async function race(place: string, secret: number, outcomes: { opened: number; refused: number; escaped: number }): Promise<void> {
    try {
      const { fd } = await kernel.openAsCaller(NOBODY, place, 'write');
      if (fs.fstatSync(fd).ino === secret) outcomes.escaped += 1;
      else outcomes.opened += 1;
      kernel.closeDescriptor(fd);
    } catch (error) {
      if (!failsWith('EACCES')(error)) throw error;
      outcomes.refused += 1;
    }
  }

  test('refuses what is no socket', () => {
    assert.throws(() => kernel.peerIdentity(fs.openSync('/dev/null', 'r')), failsWith('ENOTSOCK'));
  });

  test('locks once, until the process ends', () => {
    assert.equal(kernel.lockInstance(at('lock')), true);
    assert.equal(kernel.lockInstance(at('lock')), false);
    assert.equal(fs.statSync(at('lock')).mode & 0o777, 0o600);
    fs.symlinkSync(at('elsewhere'), at('linked'));
    assert.throws(() => kernel.lockInstance(at('linked')), failsWith('ELOOP'));
  });

  test('opens as the caller: his files, by his groups, not root’s', async () => {
    fs.writeFileSync(at('group'), 'x', { mode: 0o040 });
    fs.chownSync(at('group'), 0, 7777);
    fs.chmodSync(at('group'), 0o040);
    await assert.rejects(kernel.openAsCaller(NOBODY, at('group'), 'read'), failsWith('EACCES'));
    const opened = await kernel.openAsCaller({ ...NOBODY, groups: [7777] }, at('group'), 'read');
    assert.equal(fs.readlinkSync(`/proc/self/fd/${opened.fd}`), at('group'));
    kernel.closeDescriptor(opened.fd);
    await assert.rejects(kernel.openAsCaller({ ...NOBODY, groups: [7777] }, at('group'), 'write'), failsWith('EACCES'));
  });

  test('opens nothing that is the kernel’s own, a device, a socket, or relative', async () => {
    for (const place of ['/proc/self', '/sys/kernel', '/dev/null', '/dev/pts/0', 'etc']) {
      await assert.rejects(kernel.openAsCaller(NOBODY, place, 'read'), KernelError, place);
    }
    await assert.rejects(kernel.openAsCaller({ ...NOBODY, uid: 2 ** 32 - 1 }, '/etc', 'read'), failsWith('EINVAL'));
    await assert.rejects(async () => kernel.openAsCaller(NOBODY, '/etc\0/x', 'read'), TypeError);
  });

  test('a file system that never answers ends with its deadline, and holds up nobody', async () => {
    const unmount = mountSilentFuse(at('silent'));
    const startMs = Date.now();
    // More of them than libuv has threads.
    const hanging = Array.from({ length: 8 }, () => assert.rejects(kernel.openAsCaller(NOBODY, at('silent/file'), 'read'), failsWith('ETIMEDOUT')));
    await fs.promises.readFile('/proc/self/comm');
    assert.ok(Date.now() - startMs < 1500);
    await Promise.all(hanging);
    assert.ok(Date.now() - startMs < 6000);
    unmount();
  });

  test('unpacks a layer, with its digests, and tells its progress', async () => {
    const directory = makeArchive('small', 3 * 2 ** 20);
    const seen: number[] = [];
    const unpacked = await unpack('small', (bytes) => seen.push(bytes));
    const blob = fs.readFileSync(at('small.tar.gz'));
    assert.equal(unpacked.digest, sha256(blob));
    assert.equal(unpacked.diffId, sha256(zlib.gunzipSync(blob)));
    assert.equal(unpacked.blobBytes, blob.length);
    assert.ok(seen.length > 0 && seen.every((bytes) => bytes > 0 && bytes <= blob.length));
    assert.equal(sha256(fs.readFileSync(at('small/noise'))), sha256(fs.readFileSync(path.join(directory, 'noise'))));
  });

  test('stops unpacking when told to', async () => {
    makeArchive('large', 96 * 2 ** 20);
    const controller = new AbortController();
    const cancel = (): void => controller.abort();
    await assert.rejects(unpack('large', cancel, controller.signal), failsWith('ECANCELED'));
    await assert.rejects(
      unpack('large2', () => undefined, AbortSignal.abort(), 'large'),
      failsWith('ECANCELED'),
    );
  });

  test('says what is wrong with an archive, by its step and without an errno', async () => {
    fs.writeFileSync(at('broken.tar.gz'), zlib.gzipSync(Buffer.alloc(1024, 'x')));
    await assert.rejects(unpack('broken'), (error) => {
      assert.ok(error instanceof KernelError);
      assert.deepEqual([error.step, error.errno, error.object], ['archive', 0, 'it is not a tar archive']);
      return true;
    });
  });

  test('unpacks into an empty directory only', async () => {
    makeArchive('twice', 1024);
    await unpack('twice');
    fs.rmSync(at('twice/noise'));
    fs.writeFileSync(at('twice/other'), '');
    await assert.rejects(
      kernel.unpackLayer(request('twice'), () => undefined, new AbortController().signal),
      failsWith('ENOTEMPTY'),
    );
  });

  test('decompresses into a new file, within a limit', async () => {
    const content = Buffer.alloc(2 ** 20, 'abc');
    fs.writeFileSync(at('plain.gz'), zlib.gzipSync(content));
    assert.equal(await kernel.decompress(at('plain.gz'), at('plain'), content.length), content.length);
    assert.ok(fs.readFileSync(at('plain')).equals(content));
    await assert.rejects(kernel.decompress(at('plain.gz'), at('plain'), content.length), failsWith('EEXIST'));
    await assert.rejects(kernel.decompress(at('plain.gz'), at('plain2'), 1000), failsWith('EFBIG'));
  });

  test('replaces a file as a whole or not at all, by way of a new one', async () => {
    const [folder, file, temporary] = [at('documents'), at('documents/record.json'), at('documents/.tmp-1')];
    fs.mkdirSync(folder);
    for (const content of ['ä'.repeat(100_000), 'second']) {
      await kernel.replaceFile(file, temporary, content);
      assert.equal(fs.readFileSync(file, 'utf8'), content);
      assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    }
    fs.mkdirSync(at('documents/taken/x'), { recursive: true });
    await assert.rejects(kernel.replaceFile(at('documents/taken'), temporary, 'third'), failsWith('EISDIR'));
    await assert.rejects(kernel.replaceFile(at('absent/record.json'), at('absent/.tmp-1'), 'third'), failsWith('ENOENT'));
    assert.deepEqual(fs.readdirSync(folder).sort(), ['record.json', 'taken']);
    // What has that name is somebody's.
    fs.symlinkSync(file, temporary);
    await assert.rejects(kernel.replaceFile(file, temporary, 'third'), failsWith('EEXIST'));
    assert.equal(fs.readFileSync(file, 'utf8'), 'second');
    assert.ok(fs.lstatSync(temporary).isSymbolicLink());
  });

  test('removes trees, and does not follow links out of them', async () => {
    fs.mkdirSync(at('tree/a/b'), { recursive: true });
    fs.writeFileSync(at('kept'), '');
    fs.symlinkSync(base, at('tree/a/up'));
    await kernel.removeTree(at('tree'));
    assert.ok(!fs.existsSync(at('tree')) && fs.existsSync(at('kept')));
    await kernel.removeTree(at('tree'));
  });

  /** `<name>.tar.gz` of a file `noise`, which does not compress; the directory that was packed. */
  function makeArchive(name: string, bytes: number): string {
    const directory = at(`${name}-source`);
    fs.mkdirSync(directory);
    execFileSync('head', ['-c', String(bytes), '/dev/urandom'], { stdio: ['ignore', fs.openSync(path.join(directory, 'noise'), 'w'), 'inherit'] });
    execFileSync('tar', ['-C', directory, '-cf', at(`${name}.tar`), 'noise']);
    execFileSync('gzip', ['-1', at(`${name}.tar`)]);
    return directory;
  }

  const request = (name: string, blob = name) => ({ blobPath: at(`${blob}.tar.gz`), directory: at(name), lowerDirectories: [], limits: LIMITS });

  function unpack(name: string, onProgress: (bytes: number) => void = () => undefined, signal = new AbortController().signal, blob = name) {
    fs.mkdirSync(at(name), { mode: 0o700 });
    return kernel.unpackLayer(request(name, blob), onProgress, signal);
  }
});

/** A FUSE mount whose server never reads a request; what it returns takes it away. */
function mountSilentFuse(directory: string): () => void {
  fs.mkdirSync(directory);
  const device = fs.openSync('/dev/fuse', 'r+');
  const options = `fd=3,rootmode=40000,user_id=0,group_id=0,allow_other`;
  execFileSync('mount', ['-i', '-t', 'fuse', '-o', options, 'silent', directory], { stdio: ['ignore', 'ignore', 'inherit', device] });
  return () => {
    fs.closeSync(device);
    execFileSync('umount', ['-l', directory]);
  };
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
