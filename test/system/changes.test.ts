// What changes about a container that runs: its name, its terminal's size; and what everybody who watches is told of it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorData } from '../../protocol/errors.js';
import type { Change, Delta } from '../../protocol/events.js';
import { IMAGE, ImageHelper } from '../support/imageHelper.js';
import { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

describe('a container that runs', requires('root', 'native', 'helper', 'image'), () => {
  const own = ImageHelper.ofSuite();

  async function codeOf(call: Promise<unknown>): Promise<string> {
    return call.then(
      () => 'ok',
      (error: unknown) => ((error as { data?: ErrorData }).data ?? { code: String(error) }).code,
    );
  }

  test('is renamed; a name that is taken is not given twice, and one that is free again is', async () => {
    const first = await own.client.run({ image: IMAGE, name: 'first', command: ['sleep', '600'] });
    const second = await own.client.create({ image: IMAGE, name: 'second', command: ['true'] });
    assert.equal(await codeOf(own.client.call('container/rename', { container: 'second', name: 'first' })), 'CONFLICT');
    assert.equal(await codeOf(own.client.create({ image: IMAGE, name: 'first' })), 'CONFLICT');
    assert.equal((await own.client.call('container/rename', { container: 'first', name: 'renamed' })).name, 'renamed');
    assert.equal(await codeOf(own.client.call('container/inspect', { container: 'first' })), 'NOT_FOUND');
    assert.equal((await own.client.call('container/rename', { container: 'second', name: 'first' })).id, second.id);
    await own.restart();
    assert.equal((await own.client.call('container/inspect', { container: 'renamed' })).summary.id, first.id, 'a new helper knows the new name');
    for (const { id } of [first, second]) await own.client.call('container/remove', { container: id, force: true });
  });

  test('has the size of terminal that it is given', async () => {
    const script = 'while :; do stty size; sleep 0.1; done';
    const { id } = await own.client.run({ image: IMAGE, command: ['sh', '-c', script], terminal: true });
    await own.client.call('container/resize', { container: id, size: { rows: 33, columns: 101 } });
    for (const deadline = Date.now() + 10_000; !(await own.client.logText(id)).includes('33 101') && Date.now() < deadline;) await delay(50);
    assert.match(await own.client.logText(id), /33 101/);
    assert.equal(await codeOf(own.client.call('container/resize', { container: id, exec: 'f'.repeat(32), size: { rows: 1, columns: 1 } })), 'NOT_FOUND');
    await own.client.call('container/remove', { container: id, force: true });
  });

  test('is told of to who watches: each state, in order, without a gap, and its removal', async () => {
    const watcher = await TestClient.connect(own.helper.socketPath);
    const deltas: Delta[] = [];
    watcher.session.onDelta((delta) => void deltas.push(delta));
    const snapshot = await watcher.call('events/subscribe', {});
    const { id } = await own.client.run({ image: IMAGE, name: 'watched', command: ['sleep', '600'] });
    await own.client.call('container/pause', { container: id });
    await own.client.call('container/unpause', { container: id });
    await own.client.call('container/rename', { container: id, name: 'seen' });
    await own.client.call('container/remove', { container: id, force: true });
    const changes = (): readonly Change[] => deltas.flatMap((delta) => delta.changes);
    for (const deadline = Date.now() + 10_000; !changes().some(({ kind }) => kind === 'container/remove') && Date.now() < deadline;) await delay(20);
    const seen = changes().flatMap((change) => (change.kind === 'container/upsert' && change.container.id === id ? [change.container] : []));
    const statuses = seen.map(({ state }) => state.status).filter((status, i, all) => status !== all[i - 1]);
    assert.deepEqual(statuses.slice(0, 5), ['created', 'starting', 'running', 'paused', 'running']);
    assert.ok(seen.some(({ name }) => name === 'seen'));
    assert.ok(changes().some((change) => change.kind === 'container/remove' && change.id === id));
    assert.deepEqual(
      deltas.map(({ sequence }) => sequence),
      deltas.map((_, i) => snapshot.sequence + i + 1),
    );
    watcher.close();
  });
});
