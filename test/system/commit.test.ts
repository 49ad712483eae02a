// Images made of containers: as root and as a user, whatever is in them; on their way out and back; who may, and a full disk.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { CallError } from '../../extension/client/callError.js';
import { openStream } from '../../extension/client/streamConnection.js';
import type { ParamsInput } from '../../protocol/methods.js';
import { makeAccount, type Account } from '../support/account.js';
import { startDebianRegistry } from '../support/debianRegistry.js';
import { startHelper } from '../support/helper.js';
import { IMAGE, ImageHelper } from '../support/imageHelper.js';
import { inRepository } from '../support/repository.js';
import { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

const NEEDED = ['root', 'native', 'helper', 'image'] as const;
const failsWith =
  (code: string, reason = /(?:)/) =>
  (error: unknown) =>
    error instanceof CallError && error.data.code === code && reason.test(String(error));

/** What a container's program does to its root: every kind of file that a shell can make, changes, removals. */
const AWKWARD = [
  'mkdir -p /srv/deep/er /etc/conf.d',
  'echo changed > /etc/passwd-copy; echo hello > /srv/f; chmod 4755 /srv/f; chown 1234:4321 /srv/f; chmod 6755 /srv/f',
  'ln /srv/f /srv/deep/same; ln -s ../nowhere /srv/dangling; ln -s /etc/passwd /srv/absolute',
  'mkfifo /srv/fifo; : > "/srv/not$(printf "\\377") utf-8"; touch -d "2001-02-03 04:05:06" /srv/deep/er',
  'dd if=/dev/zero of=/srv/sparse bs=1M count=1 seek=20 2>/dev/null; echo tail >> /srv/sparse',
  'rm -rf /tmp; mkdir /tmp; echo new > /tmp/new; chmod 1777 /tmp; rm -f /bin/cat',
  'echo done; exec sleep 600',
].join('\n');

/** Everything below a folder, inode for inode. */
function listed(folder: string): readonly string[] {
  const told = '%P\\t%y\\t%m\\t%U:%G\\t%T@\\t%s\\t%n\\t%l\\n';
  const files = ['(', '-type', 'c', '-printf', '%P\\t%y\\n', ')', '-o', '(', '-type', 'd', '-printf', told.replace('%s\\t%n', ''), ')', '-o', '-printf', told];
  return execFileSync('find', [folder, ...files], { encoding: 'latin1', maxBuffer: 2 ** 26 })
    .split('\n')
    .sort();
}

describe('a container made into an image', requires(...NEEDED, 'user-accounts', 'user-namespaces', 'subordinate-ids'), () => {
  const suite = ImageHelper.ofSuite();
  let account: Account;
  let user: TestClient;
  before(async () => {
    account = makeAccount();
    user = await TestClient.connect(await account.door(suite.helper.socketPath));
  });
  after(async () => {
    user.close();
    await account.remove();
  });
  afterEach(async () => {
    const { containers } = await suite.client.call('container/list', {});
    for (const { id } of containers) await suite.client.call('container/remove', { container: id, force: true });
    const { images } = await suite.client.call('image/list', {});
    for (const { id, references } of images)
      if (!references.some((name) => name.startsWith(IMAGE))) await suite.client.call('image/remove', { image: id, force: true });
  });

  const data = (...parts: string[]) => path.join(suite.helper.directory, 'data', ...parts);
  const commit = (client: TestClient, container: string, params: Partial<ParamsInput<'container/commit'>> = {}) =>
    client.call('container/commit', { container, reference: 'made:1', ...params });
  const chainsBefore = new Set<string>();
  const newLayer = () => fs.readdirSync(data('layers')).find((name) => !chainsBefore.has(name)) ?? 'none';

  async function runAwkward(client: TestClient): Promise<string> {
    const { id } = await client.run({ image: IMAGE, command: ['sh', '-c', AWKWARD] });
    for await (const line of await openStream(client.socketPath, (await client.call('container/logs', { container: id, follow: true })).token))
      if (String(line).includes('done')) break;
    chainsBefore.clear();
    for (const name of fs.readdirSync(data('layers'))) chainsBefore.add(name);
    return id;
  }

  for (const who of ['root', 'user'] as const) {
    test(`of ${who}, while it runs: each file as it is there, and the container goes on`, async () => {
      const client = who === 'root' ? suite.client : user;
      const id = await runAwkward(client);
      const image = await commit(client, id);
      assert.deepEqual([image.references, image.layers, image.ownerUid], [['made:1'], 2, who === 'root' ? 0 : account.uid]);
      assert.deepEqual(listed(data('layers', newLayer())), listed(data('containers', id, 'upper')));
      const { stdout } = await client.exec(id, ['sh', '-c', 'echo still >> /srv/f; cat /srv/f']);
      assert.equal(stdout, 'hello\nstill\n');
      const looked = await client.runToEnd({
        image: 'made:1',
        command: ['sh', '-c', 'stat -c "%a %u:%g %h %n" /srv/f; ls /tmp; ls -d /bin/cat 2>\&1; busybox cat /srv/f'],
      });
      assert.match(looked.output, /^6755 1234:4321 2 \/srv\/f\nnew\nls: \/bin\/cat: No such file or directory\nhello\n$/);
    });
  }

  test('one that has ended, twice: the same layer', async () => {
    const { id } = await suite.client.runToEnd({ image: IMAGE, command: ['sh', '-c', 'echo x > /x'] });
    const [first, second] = [await commit(suite.client, id), await commit(suite.client, id, { reference: 'made:2' })];
    const diffs = await Promise.all(
      [first, second].map(async ({ id: image }) => (await suite.client.call('image/inspect', { image })).layers.map(({ diffId }) => diffId)),
    );
    assert.deepEqual(diffs[0], diffs[1]);
  });

  test('with changes, an author and a message; and without a name', async () => {
    const { id } = await suite.client.create({ image: IMAGE, command: ['sleep', '1'], environment: ['SECRET=x'] });
    const changes = {
      command: ['echo', 'changed'],
      environment: ['ADDED=1'],
      labels: { stage: 'test' },
      workingDirectory: '/srv',
      user: '1000:1000',
      exposedPorts: ['80', '53/udp'],
    };
    const image = await suite.client.call('container/commit', { container: id, changes, author: 'Ann', message: 'for the test' });
    assert.deepEqual(image.references, []);
    const { defaults, history } = await suite.client.call('image/inspect', { image: image.id });
    assert.deepEqual([defaults.command, defaults.workingDirectory, defaults.user, defaults.labels['stage']], [changes.command, '/srv', '1000:1000', 'test']);
    assert.ok('org.opencontainers.image.title' in defaults.labels, 'what is not changed stays');
    assert.deepEqual(defaults.exposedPorts, ['80/tcp', '53/udp']);
    assert.ok(defaults.environment.includes('ADDED=1'));
    assert.ok(!defaults.environment.includes('SECRET=x'), 'what one container was given is not the image’s');
    assert.equal(history.at(-1)?.comment, 'for the test');
    await suite.client.call('image/remove', { image: image.id });
  });

  test('somebody else’s is not there; what does not fit is refused', async () => {
    const { id } = await suite.client.create({ image: IMAGE });
    await assert.rejects(commit(user, id), failsWith('NOT_FOUND'));
    for (const changes of [{ exposedPorts: ['http'] }, { environment: ['=x'] }, { workingDirectory: 'srv' }, { volumes: ['/x'] }])
      await assert.rejects(commit(suite.client, id, { changes }), failsWith('INVALID_PARAMS'));
    await assert.rejects(commit(suite.client, id, { reference: 'UPPER' }), failsWith('INVALID_PARAMS'));
  });

  test('outlives a helper that is killed', async () => {
    const { id } = await suite.client.runToEnd({ image: IMAGE, command: ['sh', '-c', 'echo kept > /kept'] });
    await commit(suite.client, id);
    user.close();
    await suite.restart();
    user = await TestClient.connect(await account.door(suite.helper.socketPath));
    // Who says nothing for long after he has connected is cut off.
    await user.call('system/ping', {});
    assert.equal((await suite.client.runToEnd({ image: 'made:1', command: ['cat', '/kept'] })).output, 'kept\n');
  });

  test('saved: skopeo and podman read it, and podman has the same files', requires('skopeo', 'podman'), async () => {
    const id = await runAwkward(suite.client);
    await commit(suite.client, id);
    const upper = data('containers', id, 'upper');
    const folder = fs.mkdtempSync(path.join(suite.helper.directory, 'saved-'));
    const file = path.join(folder, 'image.tar');
    fs.writeFileSync(file, await save('made:1'));
    assert.ok(fs.readFileSync(file).equals(await save('made:1')), 'compressed once');
    const { layers } = await suite.client.call('image/inspect', { image: 'made:1' });
    for (const transport of ['oci-archive', 'docker-archive']) {
      const { rootfs } = JSON.parse(execFileSync('skopeo', ['inspect', '--config', `${transport}:${file}`], { encoding: 'utf8' })) as {
        rootfs: { diff_ids: string[] };
      };
      assert.deepEqual(
        rootfs.diff_ids,
        layers.map(({ diffId }) => diffId),
      );
    }
    const store = ['--root', path.join(folder, 'root'), '--runroot', path.join(folder, 'run'), '--storage-driver', 'vfs'];
    const podman = (...args: string[]) => execFileSync('podman', [...store, ...args], { encoding: 'utf8', stdio: 'pipe' });
    podman('load', '--input', file);
    const root = podman('image', 'mount', podman('images', '--quiet').trim()).trim();
    try {
      const theirs = new Set(listed(root));
      for (const line of listed(upper)) {
        const name = line.split('\t')[0] ?? '';
        if (/\tc$/.test(line)) assert.ok(!fs.existsSync(path.join(root, name)), `${name} is gone`);
        else if (name !== '') assert.ok(theirs.has(line), line);
      }
    } finally {
      podman('image', 'unmount', '--all');
    }
  });

  test('pushed, pulled again after it was removed, and imported: the same layer', requires('registry'), async () => {
    const registry = await startDebianRegistry();
    try {
      const id = await runAwkward(suite.client);
      const made = await commit(suite.client, id);
      const before = listed(data('layers', newLayer()));
      const name = `${registry.host}/made:1`;
      const access = { registry: registry.host, insecure: true };
      const pushed = await suite.client.call('image/push', { image: 'made:1', reference: name, registry: access });
      assert.equal((await suite.client.call('image/push', { image: 'made:1', reference: name, registry: access })).pushedBytes, 0);
      const archive = await save('made:1');
      await suite.client.call('image/remove', { image: 'made:1' });
      assert.equal(newLayer(), 'none');
      const { image } = await suite.client.call('image/pull', { references: [name], registries: [access] });
      assert.equal(image.id, pushed.digest);
      assert.notEqual(image.id, made.id);
      assert.deepEqual(listed(data('layers', newLayer())), before);
      await suite.client.call('image/remove', { image: name });
      const [imported] = await suite.client.importBytes(archive);
      assert.equal(imported?.id, pushed.digest);
      assert.deepEqual(listed(data('layers', newLayer())), before);
    } finally {
      await registry.stop();
    }
  });

  test('its root as a tar: what its layers show together, for nobody else', async () => {
    const id = await runAwkward(suite.client);
    await assert.rejects(user.call('container/export', { container: id }), failsWith('NOT_FOUND'));
    const folder = fs.mkdtempSync(path.join(suite.helper.directory, 'exported-'));
    execFileSync('tar', ['-x', '--numeric-owner', '-C', folder], { input: await exported(id), stdio: ['pipe', 'pipe', 'pipe'] });
    const seen = (await suite.client.exec(id, ['sh', '-c', 'cd / && find . -xdev ! -type d ! -path "./dev/*" | sort'])).stdout;
    const theirs = execFileSync('sh', ['-c', 'find . ! -type d ! -path "./dev/*" | LC_ALL=C sort'], { cwd: folder, encoding: 'utf8' });
    assert.equal(theirs.replaceAll('\ufffd', '?'), seen.replaceAll('\ufffd', '?'));
    assert.ok(!fs.existsSync(path.join(folder, 'bin/cat')));
    assert.equal(fs.readFileSync(path.join(folder, 'srv/f'), 'utf8'), 'hello\n');
    await suite.client.importBytes(await exported(id), 'flat:1');
    assert.equal((await suite.client.runToEnd({ image: 'flat:1', command: ['busybox', 'cat', '/srv/deep/same'] })).output, 'hello\n');
  });

  test('the tar of a container that is removed meanwhile has no end', async () => {
    const { id } = await suite.client.runToEnd({ image: IMAGE, command: ['dd', 'if=/dev/urandom', 'of=/big', 'bs=1M', 'count=8'] });
    const stream = await openStream(suite.helper.socketPath, (await suite.client.call('container/export', { container: id })).token);
    const chunks: Buffer[] = [];
    await suite.client.call('container/remove', { container: id });
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    assert.ok(bytes.length < 1024 || bytes.subarray(-1024).some((byte) => byte !== 0));
  });

  async function exported(container: string): Promise<Buffer> {
    const { token } = await suite.client.call('container/export', { container });
    const chunks: Buffer[] = [];
    for await (const chunk of await openStream(suite.helper.socketPath, token)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async function save(image: string): Promise<Buffer> {
    const { token } = await suite.client.call('image/save', { images: [image] });
    const chunks: Buffer[] = [];
    for await (const chunk of await openStream(suite.helper.socketPath, token)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
});

test('a commit on a full disk is told as such, and leaves nothing but what was there', requires(...NEEDED), async () => {
  const disk = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=0700', 'tmpfs', disk]);
  try {
    const helper = await startHelper(['--data-dir', disk]);
    const client = await TestClient.connect(helper.socketPath);
    try {
      await client.importFile(inRepository('dist/image/busybox.tar'));
      const write = 'dd if=/dev/urandom of=/big bs=1M count=3 2>/dev/null; sleep 600 & wait';
      const { id } = await client.run({ image: IMAGE, command: ['sh', '-c', write] });
      while (fs.statSync(path.join(disk, 'containers', id, 'upper/big'), { throwIfNoEntry: false })?.size !== 3 * 2 ** 20) await new Promise(setImmediate);
      const filler = path.join(disk, 'filler');
      fs.writeFileSync(filler, Buffer.alloc(fs.statfsSync(disk).bavail * 4096 - 2 ** 20));
      const before = fs.readdirSync(path.join(disk, 'layers'));
      await assert.rejects(client.call('container/commit', { container: id, reference: 'made' }), failsWith('NO_SPACE'));
      assert.deepEqual(fs.readdirSync(path.join(disk, 'layers')), before);
      assert.ok(fs.statfsSync(disk).bavail * 4096 >= 2 ** 20 - 65_536, 'the space is given back');
      fs.rmSync(filler);
      await client.call('container/commit', { container: id, reference: 'made' });
      fs.writeFileSync(filler, Buffer.alloc(fs.statfsSync(disk).bavail * 4096 - 2 ** 20));
      await assert.rejects(client.call('image/save', { images: ['made'] }), failsWith('NO_SPACE'));
      fs.rmSync(filler);
      await client.call('image/save', { images: ['made'] });
      await client.call('container/remove', { container: id, force: true });
    } finally {
      client.close();
      await helper.stop();
    }
  } finally {
    execFileSync('umount', [disk]);
    fs.rmdirSync(disk);
  }
});
