// What an image brings along to be run, read or believed by who has more rights than its containers: CVE-2026-41567, CVE-2019-14271,
// CVE-2022-1227, CVE-2026-53488; and where it lies on disk: CVE-2021-41091, CVE-2024-25621.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ociLayout } from '../../support/archives.js';
import { ImageHelper } from '../../support/imageHelper.js';
import { tarOf, type TarEntry } from '../../support/tarBuilder.js';
import { requires } from '../../support/world.js';

const MARKER = '/bulkhead-trojan-has-run';
/** What engines have looked for in the roots of containers. */
const TROJANS = ['xz', 'unxz', 'unpigz', 'pigz', 'gzip', 'zstd', 'tar', 'ps', 'nsenter', 'newuidmap', 'sh-helper'];
const STRANGER = 61_007;

describe('what an image brings along', requires('root', 'native', 'helper', 'image'), () => {
  const suite = ImageHelper.ofSuite();
  before(async () => {
    await suite.client.importBytes(trojanRoot(), 'trojan');
  });

  async function running(work: (id: string, pid: number) => Promise<void>): Promise<void> {
    const { id } = await suite.client.run({ image: 'trojan', command: ['/bin/busybox', 'sleep', '600'], user: 'web' });
    const { processes } = await suite.client.call('container/top', { container: id });
    await work(id, processes[0]?.pid ?? 0);
    await suite.client.call('container/remove', { container: id, force: true });
  }

  function noTrojanHasRun(pid: number): void {
    assert.equal(fs.existsSync(MARKER), false);
    assert.equal(fs.existsSync(`/proc/${pid}/root${MARKER}`), false);
  }

  test('T-I06: programs named like decompressors: nobody runs them', async () => {
    await running(async (_id, pid) => {
      const plain = tarOf([{ name: 'a', content: 'a' }]);
      await suite.client.importBytes(gzipSync(plain), 'from-gzip');
      await assert.rejects(suite.client.importBytes(Buffer.from('fd377a585a000000', 'hex'), 'from-xz'), /INVALID_ARCHIVE/);
      noTrojanHasRun(pid);
    });
  });

  test('T-I08: libraries that would tell who users are: nobody loads them', async () => {
    await running(async (_id, pid) => {
      assert.match(fs.readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\t\d+\t/m);
      const [, , , parent = '0'] = fs
        .readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/\(.*\)/, '()')
        .split(' ');
      for (const who of [parent, String(suite.helper.process.pid)]) {
        assert.doesNotMatch(fs.readFileSync(`/proc/${who}/maps`, 'utf8'), /libnss_trojan|\/layers\//, who);
      }
      assert.doesNotMatch(fs.readFileSync(`/proc/${parent}/maps`, 'utf8'), /\.so/, 'the monitor has no libraries at all');
      noTrojanHasRun(pid);
    });
  });

  test('T-I09: programs named like ps and nsenter: the list of processes does not need them', async () => {
    await running(async (id, pid) => {
      const { processes } = await suite.client.call('container/top', { container: id });
      assert.equal(processes.length, 1);
      assert.equal((await suite.client.exec(id, ['/bin/busybox', 'echo', 'hello'])).stdout, 'hello\n');
      noTrojanHasRun(pid);
    });
  });

  test('T-I10: labels named like what engines keep for themselves: they are kept, and mean nothing', async () => {
    const labels = Object.fromEntries(LABELS.map((name) => [name, 'binary:///bin/sh']));
    await suite.client.importBytes(ociLayout({ labels, name: 'example.com/labelled:1' }).archive);
    const { defaults } = await suite.client.call('image/inspect', { image: 'example.com/labelled:1' });
    assert.deepEqual(defaults.labels, labels);
    const { id } = await suite.client.create({ image: 'example.com/labelled:1' });
    const { config } = await suite.client.call('container/inspect', { container: id });
    for (const text of ['binary://', ...LABELS]) assert.equal(JSON.stringify(config).includes(text), false, text);
    await suite.client.call('container/remove', { container: id });
  });

  test('T-I15: a set-uid program in a layer, and the whole store: out of reach for a local user', async () => {
    const layers = path.join(suite.helper.directory, 'data/layers');
    const programs = fs.readdirSync(layers).map((layer) => path.join(layers, layer, 'bin/su'));
    const program = programs.find((file) => fs.existsSync(file)) ?? '';
    assert.equal(fs.statSync(program).mode & 0o7777, 0o4755);
    const looking = ['data', 'state/containers'].map((place) => `ls ${path.join(suite.helper.directory, place)}`);
    // By a shell: setpriv itself still has its rights when it looks for what it executes.
    for (const script of [`exec ${program}`, ...looking]) {
      const command = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups', '--inh-caps=-all', '--', 'sh', '-c', script];
      const { status, stderr } = spawnSync('setpriv', command, { encoding: 'utf8' });
      assert.notEqual(status, 0, script);
      assert.match(stderr, /Permission denied/);
    }
  });
});

const LABELS = ['io.bulkhead.logging', 'org.opencontainers.image.ref.name', 'io.containerd.image.name', 'nerdctl/log-uri', 'io.podman.annotations.label'];

function trojanRoot(): Buffer {
  const busybox = execFileSync('sh', ['-c', 'command -v busybox']).toString('utf8').trim();
  const trojan = `#!/bin/busybox sh\n/bin/busybox touch ${MARKER}\n`;
  const folders = ['', 'bin/', 'usr/', 'usr/bin/', 'usr/lib/', 'lib/', 'etc/'].map((name): TarEntry => ({ name: `./${name}`, type: '5', mode: 0o755 }));
  const libraries = ['lib/libnss_files.so.2', 'lib/libnss_trojan.so.2', 'usr/lib/libnss_files.so.2'];
  return tarOf([
    ...folders,
    { name: './bin/busybox', content: fs.readFileSync(busybox), mode: 0o755 },
    { name: './bin/su', content: fs.readFileSync(busybox), mode: 0o4755 },
    ...TROJANS.map((name): TarEntry => ({ name: `./usr/bin/${name}`, content: trojan, mode: 0o755 })),
    ...libraries.map((name): TarEntry => ({ name: `./${name}`, content: trojan, mode: 0o755 })),
    { name: './etc/nsswitch.conf', content: 'passwd: trojan files\ngroup: trojan files\n' },
    { name: './etc/passwd', content: 'root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n' },
  ]);
}
