// Containers that stand ready before they are started, over a recorder of the kernel: who has a place, what lets one go, what ends it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Container } from '../../../helper/engine/containers/container.js';
import { Failure } from '../../../helper/engine/failure.js';
import { KernelError } from '../../../helper/kernel/kernel.js';
import { ALICE, BOB, EngineFixture, ROOT } from '../../support/engineFixture.js';
import type { RecordedParking } from '../../support/recorderKernel.js';
import { until } from '../../support/until.js';

/** Longer than any test. */
const LONG_MS = 600_000;

describe('a container that stands ready', () => {
  let fixture: EngineFixture;
  const open = async (places: number, lifeMs = LONG_MS): Promise<void> => {
    fixture = await EngineFixture.open({ places, delayMs: 0, lifeMs });
    await fixture.importImage(ROOT);
  };
  beforeEach(() => open(3));
  afterEach(() => fixture.close());

  const count = (name: 'launch' | 'park') => fixture.kernel.callsOf(name).length;
  const operations = async (container: Container) => (await fixture.engine.observing.inspect(container)).ledger.map(({ operation }) => operation);
  const start = (container: Container) => fixture.engine.lifecycle.start(container, ALICE);
  const runFolder = ({ id }: Container) => path.join(fixture.folder, 'state/containers', id);

  /** What the kernel has of it. */
  const parked = async (container: Container): Promise<RecordedParking> => {
    await until(() => fixture.kernel.parked.has(container.id));
    // Whoever has had a turn after it finds it there.
    await container.turn.run(() => Promise.resolve());
    const parking = fixture.kernel.parked.get(container.id);
    assert.ok(parking);
    return parking;
  };

  test('is launched without being executed, and says of itself that it was created', async () => {
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    assert.equal(container.state.status, 'created');
    assert.deepEqual([parking.isReleased, count('launch')], [false, 0]);
    assert.deepEqual(await operations(container), ['prepare']);
    await assert.rejects(fixture.engine.observing.top(container), /WRONG_STATE/);
  });

  test('starts by a word: nothing is launched, and it is as any that runs', async () => {
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    await start(container);
    assert.deepEqual([parking.isReleased, count('launch')], [true, 0]);
    assert.equal(container.state.status === 'running' && container.state.process.pid, parking.monitor.pid);
    assert.deepEqual(await operations(container), ['prepare', 'start']);
    await fixture.exits(container, 3);
    assert.equal(container.state.status === 'exited' && container.state.exit.code, 3);
    await start(container);
    assert.deepEqual([count('park'), count('launch')], [1, 1]);
  });

  test('is what a start that comes meanwhile waits for', async () => {
    let open = (): void => undefined;
    fixture.kernel.gate = new Promise((resolve) => (open = resolve));
    const container = await fixture.create(ALICE);
    await until(() => count('park') === 1);
    const starting = start(container);
    open();
    await starting;
    assert.deepEqual([container.state.status, count('launch')], ['running', 0]);
  });

  for (const [what, change] of [
    ['is renamed', (container: Container) => fixture.engine.changing.rename(container, 'other')],
    ['gets other limits', (container: Container) => fixture.engine.changing.update(container, ALICE, { limits: { memoryBytes: 2 ** 27 }, restart: undefined })],
    ['gets another restart policy', (container: Container) => fixture.engine.changing.update(container, ALICE, { limits: {}, restart: { name: 'always' } })],
  ] as const) {
    test(`is discarded when it ${what}, and launched as it is then`, async () => {
      const container = await fixture.create(ALICE);
      const parking = await parked(container);
      await change(container);
      assert.ok(parking.isDiscarded);
      assert.equal(existsSync(runFolder(container)), false);
      await start(container);
      assert.deepEqual([parking.isReleased, count('launch'), container.state.status], [false, 1, 'running']);
    });
  }

  test('is not let go for a record that it was not launched for', async () => {
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    container.change({ spec: { ...container.record.spec } });
    await start(container);
    assert.deepEqual([parking.isReleased, parking.isDiscarded, count('launch')], [false, true, 1]);
  });

  test('is discarded when it is removed: its groups and its folder go too', async () => {
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    await fixture.engine.removing.remove(container, false);
    assert.ok(parking.isDiscarded);
    assert.equal(existsSync(runFolder(container)), false);
    assert.ok(fixture.kernel.callsOf('cgroupRemove').some(({ args }) => args[0] === `/bulkhead/unit/${container.id}`));
  });

  test('is refused and discarded when its owner may not launch it any more', async () => {
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    fixture.launchRefusal = new Failure('DENIED', { reason: 'not his ids' });
    await assert.rejects(start(container), /DENIED/);
    assert.deepEqual([parking.isReleased, parking.isDiscarded, container.state.status], [false, true, 'created']);
  });

  test('that has ended by itself is discarded, and launched in the ordinary way', async () => {
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    await parking.monitor.die();
    await until(() => parking.isDiscarded);
    await start(container);
    assert.deepEqual([container.state.status, count('launch')], ['running', 1]);
  });

  for (const [what, spoil] of [
    ['takes no word', (parking: RecordedParking) => (parking.refusal = new KernelError('launch', 32, 'EPIPE', 'gate'))],
    ['dies of the word', (parking: RecordedParking) => (parking.release = () => void parking.monitor.die())],
  ] as const) {
    test(`that ${what} is launched in the ordinary way`, async () => {
      const container = await fixture.create(ALICE);
      const parking = await parked(container);
      spoil(parking);
      await start(container);
      assert.deepEqual([parking.isDiscarded, container.state.status, count('launch')], [true, 'running', 1]);
    });
  }

  test('that can’t be prepared says nothing until it is started, and leaves nothing', async () => {
    fixture.kernel.failNext('park', 'ENOENT', 2, 'lookup', '/bin/nonesuch');
    const container = await fixture.create(ALICE);
    await until(() => count('park') === 1);
    await container.turn.run(() => Promise.resolve());
    assert.deepEqual([container.state.status, existsSync(runFolder(container)), await operations(container)], ['created', false, []]);
    fixture.kernel.failNext('launch', 'ENOENT', 2, 'lookup', '/bin/nonesuch');
    await assert.rejects(start(container), KernelError);
    assert.equal(container.state.status, 'failed');
  });

  test('the last place is for others than who has all the rest', async () => {
    const [first, second, third] = [await fixture.create(ALICE), await fixture.create(ALICE), await fixture.create(ALICE)];
    await parked(first);
    await parked(second);
    await tick(third);
    assert.equal(count('park'), 2);
    await parked(await fixture.create(BOB));
    await tick(await fixture.create(BOB));
    assert.equal(count('park'), 3);
    await fixture.engine.removing.remove(first, false);
    await parked(await fixture.create(BOB));
  });

  test('none is prepared while one is being launched', async () => {
    let open = (): void => undefined;
    const container = await fixture.create(ALICE);
    await parked(container);
    await start(container);
    await fixture.exits(container, 0);
    fixture.kernel.gate = new Promise((resolve) => (open = resolve));
    const starting = start(container);
    await until(() => count('launch') === 1);
    await tick(await fixture.create(ALICE));
    open();
    await starting;
    assert.equal(count('park'), 1);
  });

  test('none is prepared that binds a folder, or that has power over the host', async () => {
    await tick(await fixture.create(ALICE, { mounts: [{ type: 'bind', source: '/a', target: '/mnt' }] }));
    await tick(await fixture.create(ROOT, { admin: { privileged: true } }));
    assert.equal(count('park'), 0);
  });

  test('does so for its time and no longer', async () => {
    await fixture.close();
    await open(3, 1);
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    await until(() => parking.isDiscarded);
    await start(container);
    assert.equal(count('launch'), 1);
  });

  test('ends with the helper', async () => {
    const container = await fixture.create(ALICE);
    const parking = await parked(container);
    await fixture.engine.close();
    assert.ok(parking.isDiscarded);
    assert.equal(existsSync(runFolder(container)), false);
  });
});

/** Until what the creation of `container` has set going has had its turn: the timer of the next one comes after its own. */
async function tick(container: Container): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, 2));
  await container.turn.run(() => Promise.resolve());
}
