// The whole path, real from end to end: a client's calls, the helper, the kernel. Each test ends with nothing left behind.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { makeAccount, type Account } from '../support/account.js';
import { startHelper, type TestHelper } from '../support/helper.js';
import { IMAGE, ImageHelper } from '../support/imageHelper.js';
import { inRepository } from '../support/repository.js';
import { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

const NEEDED = ['root', 'native', 'helper', 'image'] as const;

describe('a container of root', requires(...NEEDED), () => {
  const own = ImageHelper.ofSuite();

  lifeOf(() => own.client);

  test('an image is listed once imported, and its layers are unpacked', async () => {
    const { images } = await own.client.call('image/list', {});
    assert.deepEqual(images[0]?.references, ['bulkhead/busybox:latest']);
    const layers = fs.readdirSync(path.join(own.helper.directory, 'data/layers'));
    assert.equal(layers.length, images[0].layers);
  });

  test('kill -9 of the helper: it goes on, and is taken up with its log, exit status and execs', async () => {
    const { id } = await own.client.run({ image: IMAGE, command: ['sh', '-c', 'trap "exit 7" TERM; while :; do echo tick; sleep 0.1; done'] });
    await own.restart();
    const [summary] = (await own.client.call('container/list', {})).containers;
    assert.equal(summary?.state.status, 'running');
    assert.match((await own.client.exec(id, ['echo', 'still here'])).stdout, /still here/);
    const before = (await own.client.logText(id)).length;
    await delay(300);
    assert.ok((await own.client.logText(id)).length > before);
    const stopped = await own.client.call('container/stop', { container: id });
    assert.equal(stopped.state.status === 'exited' && stopped.state.exit.code, 7);
    await own.client.call('container/remove', { container: id });
  });
});

describe('a container of an unprivileged user', requires(...NEEDED, 'user-accounts', 'user-namespaces', 'subordinate-ids'), () => {
  let helper: TestHelper;
  let account: Account;
  let client: TestClient;
  before(async () => {
    helper = await startHelper();
    account = makeAccount();
    const root = await TestClient.connect(helper.socketPath);
    await root.importFile(inRepository('dist/image/busybox.tar'));
    root.close();
    client = await TestClient.connect(await account.door(helper.socketPath));
  });
  after(async () => {
    client.close();
    await helper.stop();
    await account.remove();
  });

  lifeOf(() => client);

  test('is in a user namespace: its root is not the host’s', async () => {
    const { id, state } = await client.run({ image: IMAGE, command: ['sleep', '60'] });
    assert.ok(state.status === 'running');
    const uid = /^Uid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${state.pid}/status`, 'utf8'))?.[1];
    assert.ok(Number(uid) >= 65_536, `uid ${String(uid)}`);
    assert.equal((await client.exec(id, ['id', '-u'])).stdout.trim(), '0');
    await client.call('container/remove', { container: id, force: true });
  });

  test('binds what its owner can open, as its owner', async () => {
    fs.writeFileSync(path.join(account.home, 'note'), 'from the host\n');
    fs.chownSync(path.join(account.home, 'note'), account.uid, account.gid);
    const mounts = [{ type: 'bind' as const, source: account.home, target: '/mnt' }];
    const { exit, output } = await client.runToEnd({
      image: IMAGE,
      command: ['sh', '-c', 'cat /mnt/note && echo back > /mnt/answer'],
      mounts,
      autoRemove: false,
    });
    assert.equal(exit.code, 0, output);
    assert.match(output, /from the host/);
    assert.equal(fs.statSync(path.join(account.home, 'answer')).uid, account.uid);
    await client.call('container/prune', {});
  });

  test('is refused a bind that its owner can’t open', async () => {
    const mounts = [{ type: 'bind' as const, source: '/root', target: '/mnt' }];
    await assert.rejects(client.create({ image: IMAGE, mounts }), /KERNEL|EACCES/);
    assert.deepEqual((await client.call('container/list', {})).containers, []);
  });

  test('is refused a bind of the kernel’s file systems, by whatever name', async () => {
    // He may open and read them, as everybody may: in his container they would get around its masks, and its own view.
    const groups = fs.readFileSync('/proc/self/mounts', 'utf8').match(/(?<= )\S+(?= cgroup2? )/g) ?? [];
    const links = Object.entries({ kernel: '/sys', groups: groups[0] ?? '/sys', processes: '/proc', terminals: '/dev/pts', root: '/proc/self/root' });
    for (const [name, target] of links) fs.symlinkSync(target, path.join(account.home, name));
    const places = links.flatMap(([name, target]) => [target, path.join(account.home, name)]);
    for (const source of [...places, '/sys/kernel', '/proc/sys', '/proc/1', '/dev/null', ...groups]) {
      const mounts = [{ type: 'bind' as const, source, target: '/mnt', readOnly: true }];
      await assert.rejects(client.create({ image: IMAGE, mounts }), /KERNEL|EACCES|ELOOP/, source);
    }
    assert.deepEqual((await client.call('container/list', {})).containers, []);
    for (const [name] of links) fs.unlinkSync(path.join(account.home, name));
  });

  test('is not seen by another user, and sees none of his', async () => {
    const other = makeAccount();
    const stranger = await TestClient.connect(await other.door(helper.socketPath));
    const { id } = await client.create({ image: IMAGE });
    await assert.rejects(stranger.call('container/inspect', { container: id }), /NOT_FOUND/);
    assert.deepEqual((await stranger.call('container/list', {})).containers, []);
    await client.call('container/remove', { container: id });
    stranger.close();
    await other.remove();
  });
});

/** What every container can do, whosoever's it is. */
function lifeOf(clientOf: () => TestClient): void {
  test('runs to its end, and leaves its output and its exit code', async () => {
    const { id, exit, output } = await clientOf().runToEnd({ image: IMAGE, command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] });
    assert.deepEqual({ code: exit.code, signal: exit.signal }, { code: 3, signal: null });
    assert.deepEqual(output.split('\n').sort(), ['', 'err', 'out']);
    await clientOf().call('container/remove', { container: id });
  });

  test('shows how it was made', async () => {
    const { id } = await clientOf().runToEnd({ image: IMAGE, command: ['true'] });
    const { ledger } = await clientOf().call('container/inspect', { container: id });
    // All in the start, or what comes before the execution when it was prepared.
    const steps = ledger.filter(({ operation }) => operation === 'start' || operation === 'prepare').flatMap((entry) => entry.steps.map(({ step }) => step));
    assert.ok(steps.includes('pivot-root') && steps.includes('execute'), JSON.stringify(ledger));
    await clientOf().call('container/remove', { container: id });
  });

  test('a command that is not there fails with the step that failed', async () => {
    const client = clientOf();
    const { id } = await client.create({ image: IMAGE, command: ['/nonesuch'] });
    await assert.rejects(client.call('container/start', { container: id }), /KERNEL/);
    const { summary } = await client.call('container/inspect', { container: id });
    assert.equal(summary.state.status === 'failed' && summary.state.failure.errnoName, 'ENOENT');
    await client.call('container/remove', { container: id });
  });

  test('is stopped, started again with what it wrote, restarted and removed', async () => {
    const client = clientOf();
    const { id } = await client.run({ image: IMAGE, command: ['sh', '-c', 'echo x >> /count; trap "exit 0" TERM; while :; do sleep 0.05; done'] });
    await delay(100);
    const stopped = await client.call('container/stop', { container: id });
    assert.equal(stopped.state.status === 'exited' && stopped.state.exit.code, 0);
    await client.call('container/start', { container: id });
    await delay(100);
    await client.call('container/restart', { container: id });
    await delay(100);
    assert.equal((await client.exec(id, ['cat', '/count'])).stdout, 'x\nx\nx\n');
    await client.call('container/remove', { container: id, force: true });
    await assert.rejects(client.call('container/inspect', { container: id }), /NOT_FOUND/);
  });

  test('is killed after the timeout when it does not listen', async () => {
    const client = clientOf();
    const { id } = await client.run({ image: IMAGE, command: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done'] });
    const stopped = await client.call('container/stop', { container: id, timeoutMs: 100 });
    assert.equal(stopped.state.status === 'exited' && stopped.state.exit.signal, 9);
    await client.call('container/remove', { container: id });
  });

  test('is paused and goes on', async () => {
    const client = clientOf();
    const { id } = await client.run({ image: IMAGE, command: ['sh', '-c', 'while :; do echo tick; sleep 0.02; done'] });
    await client.call('container/pause', { container: id });
    await delay(100);
    const before = (await client.logs({ container: id })).length;
    await delay(200);
    assert.equal((await client.logs({ container: id })).length, before);
    await client.call('container/unpause', { container: id });
    await delay(200);
    assert.ok((await client.logs({ container: id })).length > before);
    await client.call('container/pause', { container: id });
    await client.call('container/remove', { container: id, force: true });
  });

  test('runs a command inside: output, input, exit code, user', async () => {
    const client = clientOf();
    const { id } = await client.run({ image: IMAGE, command: ['sleep', '60'] });
    const shell = await client.exec(id, ['sh', '-c', 'cat; echo err >&2; exit 5'], { input: 'typed\n' });
    assert.deepEqual({ ...shell, exit: shell.exit?.code }, { stdout: 'typed\n', stderr: 'err\n', exit: 5 });
    assert.equal((await client.exec(id, ['hostname'])).stdout.trim(), id.slice(0, 12));
    assert.equal((await client.exec(id, ['id', '-u'], { user: '1000' })).stdout.trim(), '1000');
    await assert.rejects(client.exec(id, ['/nonesuch']), /KERNEL/);
    await client.call('container/remove', { container: id, force: true });
  });

  test('shows its usage and its processes', async () => {
    const client = clientOf();
    const { id, state } = await client.run({ image: IMAGE, command: ['sleep', '60'], limits: { memoryBytes: 64 * 2 ** 20, pids: 50 } });
    const stats = await client.call('container/stats', { container: id });
    assert.ok(stats.cpuUsageUs > 0);
    assert.equal(stats.memoryLimitBytes, 64 * 2 ** 20);
    assert.equal(stats.pidsLimit, 50);
    await client.call('container/update', { container: id, limits: { memoryBytes: 32 * 2 ** 20 } });
    assert.equal((await client.call('container/stats', { container: id })).memoryLimitBytes, 32 * 2 ** 20);
    const { processes } = await client.call('container/top', { container: id });
    assert.deepEqual(
      processes.map(({ pid, containerPid, command }) => ({ pid, containerPid, command })),
      [{ pid: state.status === 'running' ? state.pid : 0, containerPid: 1, command: 'sleep 60' }],
    );
    await client.call('container/remove', { container: id, force: true });
  });

  test('a terminal that is attached to: what is typed is answered', async () => {
    const client = clientOf();
    const { id } = await client.run({ image: IMAGE, command: ['sh'], terminal: true, openStdin: true });
    const stream = await client.attach({ container: id, size: { rows: 33, columns: 101 } });
    let seen = '';
    const ended = new Promise<number | undefined>((resolve) =>
      stream.start({ output: (bytes) => (seen += bytes.toString('utf8')), ended: (exit) => resolve(exit?.code) }),
    );
    stream.write(Buffer.from('stty size\nexit 4\n'));
    assert.equal(await ended, 4);
    assert.match(seen, /33 101/);
    await client.call('container/remove', { container: id, force: true });
  });

  test('a log is followed to its end', async () => {
    const client = clientOf();
    const { id } = await client.run({ image: IMAGE, command: ['sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; sleep 0.05; done'] });
    const text = (await client.logs({ container: id, follow: true })).toString('utf8');
    assert.equal(text.match(/stdout F line/g)?.length, 5);
    const last = (await client.logs({ container: id, tail: 2 })).toString('utf8');
    assert.deepEqual(
      [...last.matchAll(/line (\d)/g)].map((match) => match[1]),
      ['4', '5'],
    );
    await client.call('container/remove', { container: id });
  });

  test('restarts as its policy says, and removes itself as asked', async () => {
    const client = clientOf();
    const { id } = await client.run({ image: IMAGE, command: ['false'], restart: { name: 'on-failure', maximumRetryCount: 2 } });
    const { exit } = await client.call('container/wait', { container: id });
    assert.equal(exit.code, 1);
    const { summary } = await client.call('container/inspect', { container: id });
    assert.equal(summary.restartCount, 2);
    await client.call('container/remove', { container: id });
    const gone = await client.run({ image: IMAGE, command: ['true'], autoRemove: true });
    await client.call('container/wait', { container: gone.id }).catch(() => undefined);
    await delay(200);
    assert.deepEqual((await client.call('container/list', {})).containers, []);
  });
}
