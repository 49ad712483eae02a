// A container's life, over a recorder of the kernel: what it is asked, in which order, and what is known afterwards.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Container } from '../../../helper/engine/containers/container.js';
import { Failure } from '../../../helper/engine/failure.js';
import { KernelError } from '../../../helper/kernel/kernel.js';
import { ALICE, BOB, EngineFixture, ROOT } from '../../support/engineFixture.js';

describe('a container’s life', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
    await fixture.importImage(ROOT);
  });
  afterEach(() => fixture.close());

  const fails = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;
  const ledgerOf = async (container: Container) => (await fixture.engine.observing.inspect(container)).ledger;
  const ended = (error: unknown) => error instanceof KernelError;

  describe('start', () => {
    test('launches with the layers, the log and the run directory, and notes the steps', async () => {
      const container = await fixture.running(ALICE);
      const [request] = fixture.kernel.callsOf('launch').map((call) => call.args[0] as Record<string, unknown>);
      const ledger = await ledgerOf(container);
      assert.equal(container.state.status, 'running');
      assert.equal(request?.['id'], container.id);
      assert.match(JSON.stringify(request['overlay']), /layers\/[0-9a-f]{64}/);
      assert.deepEqual(
        ledger.map(({ operation }) => operation),
        ['start'],
      );
      assert.equal(ledger[0]?.steps[0]?.step, 'clone3');
    });

    test('refuses what runs already, and one of two at once', async () => {
      const container = await fixture.create(ALICE);
      const results = await Promise.allSettled([fixture.engine.lifecycle.start(container, ALICE), fixture.engine.lifecycle.start(container, ALICE)]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      assert.equal(fixture.kernel.callsOf('launch').length, 1);
    });

    test('that fails leaves the failed step, its ledger and no run directory', async () => {
      const container = await fixture.create(ALICE);
      fixture.kernel.failNext('launch', 'ENOENT', 2, 'execve', '/bin/nonesuch');
      await assert.rejects(fixture.engine.lifecycle.start(container, ALICE), ended);
      assert.equal(container.state.status, 'failed');
      assert.equal(container.state.failure.step, 'execve');
      assert.equal((await ledgerOf(container)).length, 1);
      assert.deepEqual(await readdir(path.join(fixture.folder, 'state/containers')), []);
      assert.deepEqual(
        fixture.kernel.callsOf('cgroupRemove').map(({ args }) => args[0]),
        [`/bulkhead/unit/${container.id}`],
      );
    });

    test('opens binds as the owner, and closes every descriptor, whatever fails', async () => {
      const mounts = ['/a', '/b'].map((source) => ({ type: 'bind' as const, source, target: '/mnt' }));
      const container = await fixture.create(ALICE, { mounts });
      assert.equal(fixture.kernel.openDescriptors.size, 0);
      fixture.kernel.failNext('launch', 'EPERM');
      await assert.rejects(fixture.engine.lifecycle.start(container, ROOT), ended);
      assert.equal(fixture.kernel.openDescriptors.size, 0);
      const opened = fixture.kernel.callsOf('openAsCaller');
      assert.deepEqual(
        opened.map(({ args }) => (args[0] as { uid: number }).uid),
        [1000, 1000, 1000, 1000],
      );
    });

    test('takes no more memory or descriptors when a bind can’t be opened at create: nothing is made', async () => {
      fixture.kernel.failNext('openAsCaller', 'EACCES', 13);
      await assert.rejects(fixture.create(ALICE, { mounts: [{ type: 'bind', source: '/root', target: '/mnt' }] }), ended);
      assert.deepEqual(await readdir(path.join(fixture.folder, 'data/containers')), []);
      assert.equal(fixture.engine.registry.countOf(ALICE.uid), 0);
    });
  });

  describe('stop', () => {
    test('sends the stop signal and answers once it has exited', async () => {
      const container = await fixture.running(ALICE, { stopSignal: 'SIGUSR1' });
      await fixture.engine.stopping.stop(container, 5000);
      assert.equal(container.state.status, 'exited');
      assert.deepEqual(container.state.exit.signal, 10);
      assert.equal(container.state.exit.code, 138);
      assert.equal(fixture.kernel.callsOf('cgroupKill').length, 0);
    });

    test('kills the whole group after the timeout', async () => {
      fixture.kernel.ignoredSignals.add(15);
      const container = await fixture.running(ALICE);
      await fixture.engine.stopping.stop(container, 20);
      assert.equal(container.state.status, 'exited');
      assert.deepEqual(
        fixture.kernel.callsOf('cgroupKill').map(({ args }) => args[0]),
        [`/bulkhead/unit/${container.id}`],
      );
    });

    test('thaws what is paused', async () => {
      const container = await fixture.running(ALICE);
      await fixture.engine.stopping.pause(container);
      assert.equal(container.state.status, 'paused');
      await fixture.engine.stopping.stop(container, 5000);
      assert.deepEqual(
        fixture.kernel.callsOf('cgroupFreeze').map(({ args }) => args[1]),
        [true, false],
      );
    });

    test('is not hindered by a stop that waits', async () => {
      fixture.kernel.ignoredSignals.add(15);
      const container = await fixture.running(ALICE);
      const slow = fixture.engine.stopping.stop(container, 60_000);
      await container.until(({ state }) => state.status === 'stopping');
      await fixture.engine.stopping.kill(container, 'SIGKILL');
      await slow;
      assert.equal(container.state.status, 'exited');
    });

    test('of what does not run changes nothing', async () => {
      const container = await fixture.create(ALICE);
      await fixture.engine.stopping.stop(container, 10);
      assert.equal(container.state.status, 'created');
    });
  });

  describe('kill and pause', () => {
    test('kill thaws a paused container', async () => {
      const container = await fixture.running(ALICE);
      await fixture.engine.stopping.pause(container);
      await fixture.engine.stopping.kill(container, 'KILL');
      await container.until(({ state }) => state.status === 'exited');
      assert.deepEqual(
        fixture.kernel.callsOf('cgroupFreeze').map(({ args }) => args[1]),
        [true, false],
      );
    });

    test('an unknown signal and a wrong state are refused', async () => {
      const container = await fixture.create(ALICE);
      assert.throws(() => void fixture.engine.stopping.kill(container, 'SIGNONE'), fails('INVALID_PARAMS'));
      await assert.rejects(fixture.engine.stopping.kill(container, 9), fails('WRONG_STATE'));
      await assert.rejects(fixture.engine.stopping.pause(container), fails('WRONG_STATE'));
      await assert.rejects(fixture.engine.stopping.unpause(container), fails('WRONG_STATE'));
    });

    test('a pause that loses against the exit is refused', async () => {
      const container = await fixture.running(ALICE);
      const pause = fixture.engine.stopping.pause(container);
      await fixture.exits(container, 0);
      await pause.catch((error: unknown) => assert.ok(fails('WRONG_STATE')(error)));
      // Whichever came first: paused is never its last state.
      await container.until(({ state }) => state.status === 'exited', AbortSignal.timeout(5000));
      assert.equal(container.state.status, 'exited');
    });
  });

  describe('remove', () => {
    test('refuses what runs, kills it by force, and leaves nothing', async () => {
      const container = await fixture.running(ALICE);
      await assert.rejects(fixture.engine.removing.remove(container, false), fails('WRONG_STATE'));
      await fixture.engine.removing.remove(container, true);
      assert.throws(() => fixture.engine.registry.find(ALICE, container.id), fails('NOT_FOUND'));
      assert.deepEqual(await readdir(path.join(fixture.folder, 'data/containers')), []);
      assert.deepEqual(await readdir(path.join(fixture.folder, 'state/containers')), []);
    });

    test('happens by itself where it was asked for', async () => {
      const container = await fixture.running(ALICE, { autoRemove: true });
      const exit = fixture.engine.observing.wait(container, new AbortController().signal);
      await fixture.monitor(container).exit(3);
      assert.equal((await exit).code, 3);
      await container.until(({ removed }) => removed);
      assert.equal(fixture.engine.registry.has(container.id), false);
    });

    test('one that removes itself stays when it is restarted, and goes with the exit after that', async () => {
      const container = await fixture.running(ALICE, { autoRemove: true });
      await fixture.engine.restarting.restart(container, ALICE, 1000);
      assert.equal(container.removed, false);
      assert.equal(container.state.status, 'running');
      assert.equal(fixture.kernel.callsOf('launch').length, 2);
      await fixture.monitor(container).exit(0);
      await container.until(({ removed }) => removed);
    });

    test('frees the name', async () => {
      const first = await fixture.create(ALICE, { name: 'web' });
      await fixture.engine.removing.remove(first, false);
      assert.equal((await fixture.create(ALICE, { name: 'web' })).record.name, 'web');
    });

    test('prune takes one’s own that have ended, and no other', async () => {
      const running = await fixture.running(ALICE);
      const created = await fixture.create(ALICE);
      const others = await fixture.create(BOB);
      const pruned = await fixture.engine.removing.prune(ALICE);
      assert.deepEqual(pruned.removed, [created.id]);
      assert.ok(pruned.reclaimedBytes > 0);
      const counted = fixture.kernel.calls.filter(({ name }) => name === 'treeSize' || name === 'removeTree').map(({ name }) => name);
      assert.deepEqual(counted.slice(-2), ['treeSize', 'removeTree'], 'by the kernel’s side, before it is gone');
      assert.equal(running.removed || others.removed, false);
    });
  });

  describe('wait', () => {
    test('answers with the exit, and can be cancelled', async () => {
      const container = await fixture.running(ALICE);
      const controller = new AbortController();
      const cancelled = fixture.engine.observing.wait(container, controller.signal);
      controller.abort();
      await assert.rejects(cancelled, fails('CANCELLED'));
      const exit = fixture.engine.observing.wait(container, new AbortController().signal);
      await fixture.monitor(container).exit(7);
      assert.equal((await exit).code, 7);
    });

    test('of what has never run is refused', async () => {
      const container = await fixture.create(ALICE);
      await assert.rejects(fixture.engine.observing.wait(container, new AbortController().signal), fails('WRONG_STATE'));
    });
  });

  test('what is the helper’s own is bound by nobody', async () => {
    const at = (...parts: string[]) => path.join(fixture.folder, ...parts);
    for (const source of ['data', 'data/images/blobs', 'state', 'state/containers/x', 'run'].map((place) => at(place))) {
      for (const caller of [ALICE, ROOT]) {
        const mounts = [{ type: 'bind', source, target: '/x' }] as const;
        await assert.rejects(fixture.create(caller, { mounts: [...mounts] }), fails('DENIED'), source);
      }
    }
    await fixture.create(ALICE, { mounts: [{ type: 'bind', source: at('run/user/1000'), target: '/x' }] });
    assert.equal(fixture.kernel.openDescriptors.size, 0);
  });

  describe('update', () => {
    test('writes to the group of a running container and keeps the limits', async () => {
      const container = await fixture.running(ALICE);
      await fixture.engine.changing.update(container, ALICE, { limits: { memoryBytes: 2 ** 25 }, restart: { name: 'always' } });
      assert.deepEqual(
        fixture.kernel.callsOf('cgroupUpdate').map(({ args }) => args[1]),
        ['{"memory":{"limit":33554432}}'],
      );
      assert.equal(container.record.spec.limits.memoryBytes, 2 ** 25);
      assert.deepEqual(container.record.spec.restart, { name: 'always' });
    });

    test('that can not be written down is not applied', async () => {
      // Its start has been written down by now: the next boot asks for it.
      const container = await fixture.running(ALICE, { restart: { name: 'always' } });
      const folder = path.join(fixture.folder, 'data/containers', container.id);
      const before = await readFile(path.join(folder, 'config.json'), 'utf8');
      // A folder in the record's place: no rename can put a file there.
      await rename(path.join(folder, 'record.json'), path.join(folder, 'aside'));
      await mkdir(path.join(folder, 'record.json/x'), { recursive: true });
      await assert.rejects(fixture.engine.changing.update(container, ALICE, { limits: { memoryBytes: 2 ** 25 }, restart: undefined }));
      assert.equal(fixture.kernel.callsOf('cgroupUpdate').length, 0);
      assert.equal(container.record.spec.limits.memoryBytes, undefined);
      assert.equal(await readFile(path.join(folder, 'config.json'), 'utf8'), before);
    });

    test('of limits that the kernel refuses does not change the restart policy either', async () => {
      const container = await fixture.running(ALICE);
      fixture.kernel.failNext('cgroupUpdate', 'EBUSY', 16);
      const update = { limits: { memoryBytes: 2 ** 25 }, restart: { name: 'always' } } as const;
      await assert.rejects(fixture.engine.changing.update(container, ALICE, update), ended);
      assert.deepEqual(container.record.spec.restart, { name: 'no' });
      await fixture.engine.changing.update(container, ALICE, { ...update, limits: {} });
      assert.deepEqual(container.record.spec.restart, { name: 'always' });
    });

    test('that the kernel refuses changes nothing', async () => {
      const container = await fixture.running(ALICE);
      const config = path.join(fixture.folder, 'data/containers', container.id, 'config.json');
      const before = await readFile(config, 'utf8');
      fixture.kernel.failNext('cgroupUpdate', 'EBUSY', 16);
      await assert.rejects(fixture.engine.changing.update(container, ALICE, { limits: { memoryBytes: 2 ** 25 }, restart: undefined }), ended);
      assert.equal(container.record.spec.limits.memoryBytes, undefined);
      assert.equal(await readFile(config, 'utf8'), before);
    });
  });

  test('the ledger keeps the last twenty operations', async () => {
    const container = await fixture.running(ALICE);
    for (let round = 0; round < 15; round += 1) {
      await fixture.engine.stopping.pause(container);
      await fixture.engine.stopping.unpause(container);
    }
    const ledger = await ledgerOf(container);
    assert.equal(ledger.length, 20);
    assert.equal(ledger.at(-1)?.operation, 'unpause');
    const steps = Array.from({ length: 250 }, () => ({ step: 'mount', startUs: 0, durationUs: 1, errno: 0, object: '' }));
    fixture.kernel.launch = () => Promise.reject(new KernelError('mount', 1, 'EPERM', '', steps));
    await assert.rejects(fixture.engine.lifecycle.start(await fixture.create(ALICE, { name: 'long' }), ALICE));
    const long = await ledgerOf(fixture.engine.registry.find(ALICE, 'long'));
    assert.deepEqual([long.at(-1)?.steps.length, long.at(-1)?.steps.at(-1)?.object], [201, '50 more steps']);
  });

  test('a removed container leaves no group, nor is it kept by one that can not be removed', async () => {
    const container = await fixture.create(ALICE);
    fixture.kernel.failNext('cgroupRemove', 'EBUSY', 16);
    await fixture.engine.removing.remove(container, false);
    assert.deepEqual(
      fixture.kernel.callsOf('cgroupRemove').map(({ args }) => args[0]),
      [`/bulkhead/unit/${container.id}`],
    );
    assert.equal(fixture.engine.registry.has(container.id), false);
  });

  test('a monitor that is killed: what it left is killed, and the container is lost', async () => {
    const container = await fixture.running(ALICE);
    await fixture.monitor(container).die();
    await container.until(({ state }) => state.status === 'exited');
    assert.equal(container.state.status === 'exited' && container.state.exit.unknown, 'lost');
    assert.equal(fixture.kernel.callsOf('cgroupKill').length, 1);
    assert.equal(fixture.kernel.callsOf('cgroupRemove').length, 1);
  });
});
