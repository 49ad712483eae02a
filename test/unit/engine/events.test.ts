// The pushed world: snapshot, deltas in order, each for those who may know.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Caller } from '../../../helper/engine/caller.js';
import type { Delta } from '../../../helper/engine/events/eventBus.js';
import { toSummary } from '../../../helper/handlers/wire.js';
import { ALICE, BOB, EngineFixture, ROOT } from '../../support/engineFixture.js';

describe('events', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
    await fixture.importImage(ROOT);
  });
  afterEach(() => fixture.close());

  const tick = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  function listen(caller: Caller): { readonly deltas: Delta[]; kinds(): string[]; close(): void } {
    const deltas: Delta[] = [];
    const subscription = fixture.engine.events.subscribe(caller, (delta) => deltas.push(delta));
    return { deltas, kinds: () => deltas.flatMap(({ changes }) => changes.map(({ kind }) => kind)), close: () => subscription.close() };
  }

  test('the snapshot holds what the caller sees', async () => {
    await fixture.create(ALICE);
    const seen = (caller: Caller) => fixture.engine.events.subscribe(caller, () => undefined).snapshot;
    assert.equal(seen(ALICE).containers.length, 1);
    assert.equal(seen(BOB).containers.length, 0);
    assert.equal(seen(ROOT).containers.length, 1);
    assert.equal(seen(BOB).images.length, 1);
  });

  test('deltas are numbered without a gap, and tell the states in order', async () => {
    const { deltas } = listen(ALICE);
    const container = await fixture.running(ALICE);
    await fixture.exits(container, 2);
    await fixture.engine.removing.remove(container, false);
    await tick();
    assert.deepEqual(
      deltas.map(({ sequence }) => sequence),
      deltas.map((_, index) => index + 1),
    );
    const told: readonly string[] = deltas.flatMap(({ changes }) =>
      changes.map((change) => (change.kind === 'container/upsert' ? change.container.state.status : change.kind)),
    );
    const order = ['created', 'starting', 'running', 'exited', 'container/remove'];
    assert.deepEqual(
      [...new Set(told)],
      order.filter((status) => told.includes(status)),
    );
    assert.equal(told.at(-1), 'container/remove');
    assert.ok(told.includes('running') && told.includes('exited'));
  });

  test('what changes within a tick is told once', async () => {
    const container = await fixture.create(ALICE);
    const { deltas } = listen(ALICE);
    for (let round = 0; round < 100; round += 1) container.change({ restartCount: round });
    await tick();
    assert.equal(deltas.length, 1);
    assert.equal(deltas[0]?.changes.length, 1);
  });

  test('nobody hears of what is another’s', async () => {
    const bob = listen(BOB);
    const admin = listen(ROOT);
    const container = await fixture.create(ALICE);
    await fixture.importImage(ALICE, 'hers', 'x');
    await fixture.engine.removing.remove(container, false);
    await tick();
    assert.deepEqual(bob.kinds(), []);
    assert.deepEqual(new Set(admin.kinds()), new Set(['container/upsert', 'image/upsert', 'container/remove']));
  });

  test('an image that is gone for its owner may be there still by root', async () => {
    const own = await fixture.importImage(ALICE, 'mine');
    const { deltas } = listen(ALICE);
    await fixture.engine.images.remove(ALICE, 'mine', false);
    await tick();
    const [change] = deltas.flatMap(({ changes }) => changes);
    assert.ok(change?.kind === 'image/upsert');
    assert.equal(change.image.ownerUid, 0);
    assert.equal(change.image.content.id, own.content.id);
  });

  test('who has closed hears no more', async () => {
    const { deltas, close } = listen(ALICE);
    close();
    await fixture.create(ALICE);
    await tick();
    assert.deepEqual(deltas, []);
  });

  test('two hundred containers are listed within 5 ms', async () => {
    await Promise.all(Array.from({ length: 200 }, () => fixture.create(ALICE)));
    // The best of ten: the machine may be busy with something else.
    const times = Array.from({ length: 10 }, () => {
      const start = performance.now();
      assert.equal(fixture.engine.registry.visibleTo(ALICE).map(({ record }) => toSummary(record)).length, 200);
      return performance.now() - start;
    });
    assert.ok(Math.min(...times) < 5, times.join(' '));
  });
});
