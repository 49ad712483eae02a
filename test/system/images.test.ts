// Images through the whole path: every kind of archive, natively unpacked; hostile ones refused; a full disk.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { dockerArchive, ociLayout } from '../support/archives.js';
import { startHelper, type TestHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { tarOf, type TarEntry } from '../support/tarBuilder.js';
import { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

const NEEDED = ['root', 'native', 'helper', 'image'] as const;

describe('images', requires(...NEEDED), () => {
  let helper: TestHelper;
  let client: TestClient;
  before(async () => {
    helper = await startHelper();
    client = await TestClient.connect(helper.socketPath);
  });
  after(async () => {
    client.close();
    await helper.stop();
  });

  const layersLeft = () => fs.readdirSync(path.join(helper.directory, 'data/layers'));
  const clear = async () => {
    for (const { id } of (await client.call('image/list', {})).images) await client.call('image/remove', { image: id, force: true });
    assert.deepEqual(layersLeft(), []);
    assert.deepEqual(fs.readdirSync(path.join(helper.directory, 'data/images/blobs/sha256')), []);
  };

  for (const compression of ['plain', 'gzip', 'zstd'] as const) {
    test(`a root file system, ${compression}, runs`, async () => {
      const bytes = compressed(rootFileSystem(), compression);
      const [image] = await client.importBytes(bytes, 'rootfs');
      assert.equal(image?.layers, 1);
      const { exit, output, id } = await client.runToEnd({ image: 'rootfs', command: ['/bin/busybox', 'cat', '/etc/motd'] });
      assert.deepEqual([exit.code, output], [0, 'hello from a tarball\n']);
      await client.call('container/remove', { container: id });
      await clear();
    });

    test(`an OCI layout, ${compression}, keeps its id`, async () => {
      const { archive, manifestDigest } = ociLayout({ name: 'docker.io/library/app:1' });
      const [image] = await client.importBytes(compressed(archive, compression));
      assert.equal(image?.id, manifestDigest);
      assert.deepEqual(image.references, ['app:1']);
      await clear();
    });
  }

  test('a docker save archive', async () => {
    const [image] = await client.importBytes(dockerArchive({ tags: ['saved:1'], linkedLayer: true }));
    assert.deepEqual(image?.references, ['saved:1']);
    const { layers } = await client.call('image/inspect', { image: 'saved:1' });
    assert.equal(layers.length, 2);
    await clear();
  });

  const hostile: Readonly<Record<string, readonly TarEntry[]>> = {
    'climbs by ..': [{ name: '../../../../tmp/bulkhead-escaped', content: 'x' }],
    'climbs by a symbolic link': [
      { name: 'out', type: '2', link: '/tmp' },
      { name: 'out/bulkhead-escaped', content: 'x' },
    ],
    'climbs by a hard link': [{ name: 'shadow', type: '1', link: '../../../../../../../etc/shadow' }],
    'whites out its parent': [{ name: '.wh...', content: '' }],
  };
  for (const [what, entries] of Object.entries(hostile)) {
    test(`a layer that ${what} is refused, or stays within its root`, async () => {
      const before = fs.statSync('/etc/shadow');
      await client.importBytes(tarOf([{ name: 'etc/', type: '5' }, ...entries]), 'hostile').catch((error: unknown) => {
        assert.match(String(error), /INVALID_ARCHIVE/);
        assert.deepEqual(layersLeft(), []);
      });
      assert.equal(fs.existsSync('/tmp/bulkhead-escaped'), false);
      assert.deepEqual([fs.statSync('/etc/shadow').nlink, fs.statSync('/etc/shadow').mtimeMs], [before.nlink, before.mtimeMs]);
      await clear();
    });
  }
});

describe('a full disk', requires(...NEEDED), () => {
  const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-disk-'));
  let helper: TestHelper;
  let client: TestClient;
  before(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=0700', 'tmpfs', disk]);
    helper = await startHelper(['--data-dir', disk]);
    client = await TestClient.connect(helper.socketPath);
    await client.importFile(inRepository('dist/image/busybox.tar'));
  });
  after(async () => {
    client.close();
    await helper.stop();
    execFileSync('umount', [disk]);
    fs.rmdirSync(disk);
  });

  test('is told as such; what runs can be stopped and removed, and then there is space again', async () => {
    const { id } = await client.run({ image: 'bulkhead/busybox', command: ['sleep', '600'] });
    const filler = path.join(disk, 'filler');
    assert.throws(() => fs.writeFileSync(filler, Buffer.alloc(16 * 2 ** 20)), /ENOSPC/);
    await assert.rejects(client.create({ image: 'bulkhead/busybox' }), /NO_SPACE/);
    await assert.rejects(client.importBytes(rootFileSystem(), 'rootfs'), /NO_SPACE/);
    const stopped = await client.call('container/stop', { container: id, timeoutMs: 0 });
    assert.equal(stopped.state.status, 'exited');
    await client.call('container/remove', { container: id });
    assert.deepEqual((await client.call('container/list', {})).containers, []);
    assert.equal((await client.call('image/list', {})).images.length, 1);
    fs.rmSync(filler);
    const again = await client.runToEnd({ image: 'bulkhead/busybox', command: ['true'] });
    assert.equal(again.exit.code, 0);
    await client.call('container/remove', { container: again.id });
  });
});

/** busybox, and a file to be seen. */
function rootFileSystem(): Buffer {
  const busybox = ['/usr/bin/busybox', '/bin/busybox'].find((file) => fs.existsSync(file)) ?? '';
  return tarOf([
    { name: './', type: '5', mode: 0o755 },
    { name: './bin/', type: '5', mode: 0o755 },
    { name: './bin/busybox', content: fs.readFileSync(busybox), mode: 0o755 },
    { name: './etc/', type: '5', mode: 0o755 },
    { name: './etc/motd', content: 'hello from a tarball\n' },
  ]);
}

function compressed(bytes: Buffer, compression: 'plain' | 'gzip' | 'zstd'): Buffer {
  if (compression === 'plain') return bytes;
  if (compression === 'gzip') return gzipSync(bytes);
  return execFileSync('zstd', ['-c', '-q'], { input: bytes, maxBuffer: 2 ** 28 });
}
