// The helper as users get it: installed by media/install-helper.sh as a service of systemd, with a group delegated to it; and the
// ordinary user `dev` of this guest, who has done nothing but to install an extension.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { relayAs, type Relay } from '../support/account.js';
import { inRepository, repositoryRoot } from '../support/repository.js';
import { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

const INSTALLER = inRepository('media/install-helper.sh');
const SOCKET = '/run/bulkhead/helper.sock';
const HELPER_GROUP = '/system.slice/bulkhead.service';
const CONTAINERS_GROUP = '/system.slice/bulkhead-containers.service';
const IMAGE = 'bulkhead/busybox';
const DEV = 1000;
const MIB = 2 ** 20;

const show = (property: string, unit = 'bulkhead'): string =>
  execFileSync('systemctl', ['show', '--property', property, '--value', unit], { encoding: 'utf8' }).trim();
const groupOf = (pid: number): string => fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().replace('0::', '');

describe('the installed helper', requires('guest', 'root', 'native', 'helper', 'image', 'systemd', 'cgroup-v2', 'subordinate-ids'), () => {
  let relay: Relay;
  let client: TestClient;

  /** The socket of a helper that has ended may still be there: one serves that answers. */
  const connect = async (): Promise<TestClient> => {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; await delay(200)) {
      const connected = await TestClient.connect(relay.path);
      const answer = await Promise.race([connected.call('system/ping', {}).catch(() => null), delay(20_000, null, { ref: false })]);
      if (answer !== null) return connected;
      connected.close();
    }
    assert.fail('no helper serves');
  };

  before(async () => {
    execFileSync('sh', [INSTALLER, '--from', repositoryRoot], { stdio: 'inherit' });
    relay = await relayAs({ uid: DEV, gid: DEV }, SOCKET, '/home/dev/helper.sock');
    client = await connect();
    await client.importFile(inRepository('dist/image/busybox.tar'));
  });
  after(() => {
    client.close();
    relay.end();
    execFileSync('sh', [INSTALLER, '--uninstall'], { stdio: 'inherit' });
    assert.ok(!fs.existsSync('/etc/systemd/system/bulkhead.service'));
    assert.ok(!fs.existsSync(`/sys/fs/cgroup${CONTAINERS_GROUP}`), 'groups left behind');
  });

  test('is a service, with another beside it whose group is delegated to containers', () => {
    assert.deepEqual([show('ActiveState'), show('UnitFileState')], ['active', 'enabled']);
    assert.equal(groupOf(Number(show('MainPID'))), HELPER_GROUP);
    assert.deepEqual(
      ['ActiveState', 'Delegate', 'ControlGroup'].map((property) => show(property, 'bulkhead-containers')),
      ['active', 'yes', CONTAINERS_GROUP],
    );
  });

  test('runs a container for dev, on his subordinate ids, in the delegated group, with his limits', async () => {
    const { id, state } = await client.run({ image: IMAGE, command: ['sleep', '100'], limits: { memoryBytes: 32 * MIB, pids: 16, cpus: 0.5 } });
    assert.ok(state.status === 'running');
    const group = groupOf(state.pid);
    assert.ok(group.startsWith(`${CONTAINERS_GROUP}/containers/`), group);
    const file = (name: string): string => fs.readFileSync(`/sys/fs/cgroup${group}/${name}`, 'utf8').trim();
    assert.deepEqual(['memory.max', 'pids.max', 'cpu.max'].map(file), [String(32 * MIB), '16', '50000 100000']);
    const first = Number(/^dev:(\d+):/m.exec(fs.readFileSync('/etc/subuid', 'utf8'))?.[1]);
    const uid = Number(/^Uid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${state.pid}/status`, 'utf8'))?.[1]);
    assert.equal(uid, first);
    await client.call('container/remove', { container: id, force: true });
    assert.ok(!fs.existsSync(`/sys/fs/cgroup${group}`));
  });

  test('executes in it, and in its group', async () => {
    const { id, state } = await client.run({ image: IMAGE, command: ['sleep', '100'] });
    assert.ok(state.status === 'running');
    const { stdout, exit } = await client.exec(id, ['sh', '-c', 'id -u; cat /proc/self/cgroup']);
    assert.equal(stdout, '0\n0::/\n');
    assert.equal(exit?.code, 0);
    await client.call('container/remove', { container: id, force: true });
  });

  test('says that the memory limit has killed', async () => {
    const { exit } = await client.runToEnd({
      image: IMAGE,
      command: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=100M', 'count=1'],
      limits: { memoryBytes: 16 * MIB },
    });
    assert.deepEqual({ signal: exit.signal, oomKilled: exit.oomKilled }, { signal: 9, oomKilled: true });
    await client.call('container/prune', {});
  });

  test('can be restarted: its containers go on, in their groups, and are taken up', async () => {
    const { id, state } = await client.run({ image: IMAGE, command: ['sleep', '100'] });
    assert.ok(state.status === 'running');
    client.close();
    execFileSync('systemctl', ['restart', 'bulkhead']);
    client = await connect();
    const [found] = (await client.call('container/list', {})).containers;
    assert.deepEqual(found?.state, state);
    assert.equal((await client.exec(id, ['echo', 'still here'])).stdout, 'still here\n');
    await client.call('container/remove', { container: id, force: true });
  });
});
