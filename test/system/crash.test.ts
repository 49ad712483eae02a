// kill -9 of the helper at any instant: what was acknowledged is there afterwards, what was not is there as a whole or not at all,
// and nothing is left that belongs to no container.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startHelper, type TestHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

const IMAGE = 'bulkhead/busybox';
const ROUNDS = 12;

describe('kill -9 of the helper under load', requires('root', 'native', 'helper', 'image'), () => {
  let helper: TestHelper;
  const archive = () => inRepository('dist/image/busybox.tar');
  before(async () => {
    helper = await startHelper();
    const client = await TestClient.connect(helper.socketPath);
    await client.importFile(archive());
    client.close();
  });
  after(() => helper.stop());

  test(`leaves no trace of what was not acknowledged (${ROUNDS} rounds)`, async () => {
    const known = new Known();
    for (let round = 0; round < ROUNDS; round += 1) {
      const client = await TestClient.connect(helper.socketPath);
      const load = Promise.allSettled([work(client, known), work(client, known), importing(client, archive())]);
      // Spread over the length of a create, a start and a removal.
      await delay(20 + round * 23);
      await helper.restart('SIGKILL');
      client.close();
      await load;
      await check(helper, known, round);
    }
  });
});

/** What the helper has said is so. */
class Known {
  readonly created = new Set<string>();
  readonly running = new Set<string>();
  /** Something was asked of these that was not answered. */
  readonly unsure = new Set<string>();
}

/** Makes, starts, stops and removes containers until the helper is gone. */
async function work(client: TestClient, known: Known): Promise<void> {
  for (let count = 0; ; count += 1) {
    const { id } = await client.create({ image: IMAGE, command: ['sleep', '600'] });
    known.created.add(id);
    await asking(known, id, () => client.call('container/start', { container: id }));
    known.running.add(id);
    if (count % 3 === 0) continue;
    await asking(known, id, () => client.call('container/kill', { container: id }));
    known.running.delete(id);
    await asking(known, id, () => client.call('container/remove', { container: id, force: true }));
    known.created.delete(id);
  }
}

/** Until it is answered, it may have happened or not. */
async function asking(known: Known, id: string, ask: () => Promise<unknown>): Promise<void> {
  known.unsure.add(id);
  await ask();
  known.unsure.delete(id);
}

async function importing(client: TestClient, file: string): Promise<void> {
  for (let count = 0; ; count += 1) {
    await client.importFile(file, `copy:${count}`);
    await client.call('image/remove', { image: `copy:${count}` });
  }
}

async function check(helper: TestHelper, known: Known, round: number): Promise<void> {
  const client = await TestClient.connect(helper.socketPath);
  const { containers } = await client.call('container/list', {});
  const states = new Map<string, string>(containers.map(({ id, state }) => [id, state.status]));
  for (const id of known.created) assert.ok(states.has(id) || known.unsure.has(id), `round ${round}: ${id} was acknowledged and is gone`);
  for (const id of known.running) assert.ok(states.get(id) === 'running' || known.unsure.has(id), `round ${round}: ${id} is ${states.get(id) ?? 'gone'}`);
  for (const [id, status] of states) assert.ok(['created', 'running', 'exited'].includes(status), `round ${round}: ${id} is ${status}`);
  await swept(() => leftovers(helper, new Set(states.keys())), round);
  for (const id of states.keys()) await client.call('container/remove', { container: id, force: true });
  for (const set of [known.created, known.running, known.unsure]) set.clear();
  await swept(() => leftovers(helper, new Set()), round);
  client.close();
}

/** The sweeping goes on in the background for a moment. */
async function swept(find: () => readonly string[], round: number): Promise<void> {
  for (let attempt = 0; attempt < 100 && find().length > 0; attempt += 1) await delay(50);
  assert.deepEqual(find(), [], `round ${round}`);
}

/** Groups, folders and temporaries that belong to none of `ids`. */
function leftovers({ directory }: TestHelper, ids: ReadonlySet<string>): readonly string[] {
  const data = path.join(directory, 'data');
  const parent = `bulkhead-${createHash('sha256').update(data).digest('hex').slice(0, 8)}`;
  const hierarchies = fs.readdirSync('/sys/fs/cgroup').map((name) => path.join('/sys/fs/cgroup', name, parent));
  const owned = [...hierarchies, path.join('/sys/fs/cgroup', parent), path.join(directory, 'state/containers'), path.join(data, 'containers')];
  const foreign = owned.flatMap((folder) =>
    folders(folder)
      .filter((name) => !ids.has(name))
      .map((name) => path.join(folder, name)),
  );
  const temporary = ['images', 'layers'].flatMap((name) => folders(path.join(data, name)).filter((entry) => entry.startsWith('.tmp-')));
  return [...foreign, ...temporary];
}

function folders(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}
