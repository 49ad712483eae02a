// The world by snapshot and deltas: applied in order, stale ones ignored, gaps noticed, listeners told what changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyDelta, emptyWorld, worldOf, type World } from '../../../extension/model/world.js';
import { WorldStore, type WorldEvent } from '../../../extension/model/worldStore.js';
import { container, delta, id, image, snapshot } from './worldFixture.js';

test('a delta makes another world and leaves the first as it was', () => {
  const before = worldOf(snapshot(4, [container('a')], [image('i')]));
  const after = applied(before, 5, [
    { kind: 'container/upsert', container: container('b') },
    { kind: 'container/remove', id: id('a') },
    { kind: 'image/upsert', image: image('i', ['new:latest']) },
  ]);
  assert.deepEqual([...before.containers.keys()], [id('a')]);
  assert.deepEqual([...after.containers.keys()], [id('b')]);
  assert.deepEqual(after.images.get(image('i').id)?.references, ['new:latest']);
  assert.equal(after.sequence, 5);
});

test('a delta that is known is stale, one too far ahead is a gap', () => {
  const world = worldOf(snapshot(4));
  assert.equal(applyDelta(world, delta(4)), 'stale');
  assert.equal(applyDelta(world, delta(6)), 'gap');
});

test('the store tells which elements were updated, added and removed', () => {
  const store = new WorldStore();
  const events: WorldEvent[] = [];
  store.onDidChange((event) => events.push(event));
  store.reset(snapshot(1, [container('a'), container('b')]));
  assert.equal(store.apply(delta(2, [{ kind: 'container/upsert', container: container('a', { name: 'renamed' }) }])), 'applied');
  assert.equal(store.apply(delta(3, [{ kind: 'container/remove', id: id('b') }])), 'applied');
  assert.equal(store.apply(delta(9)), 'gap');
  assert.deepEqual(
    events.map(({ change }) => change.containers),
    [
      { updated: [], added: [id('a'), id('b')], removed: [] },
      { updated: [id('a')], added: [], removed: [] },
      { updated: [], added: [], removed: [id('b')] },
    ],
  );
  store.clear();
  assert.equal(store.world, emptyWorld);
});

function applied(world: World, sequence: number, changes: Parameters<typeof delta>[1]): World {
  const next = applyDelta(world, delta(sequence, changes));
  assert.ok(typeof next === 'object');
  return next;
}
