// kill -9 of the helper, and what the next one makes of what it finds.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Container } from '../../../helper/engine/containers/container.js';
import { ALICE, EngineFixture, ROOT } from '../../support/engineFixture.js';

describe('adoption', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
    await fixture.importImage(ROOT);
  });
  afterEach(() => fixture.close());

  const again = async (container: Container): Promise<Container> => {
    await fixture.reopen();
    return fixture.engine.registry.find(ALICE, container.id);
  };

  test('a running container is taken up again, and its exit is heard', async () => {
    const adopted = await again(await fixture.running(ALICE, { name: 'web' }));
    assert.equal(statusOf(adopted), 'running');
    assert.equal(adopted.record.name, 'web');
    await fixture.exits(adopted, 4);
    assert.equal(adopted.state.status === 'exited' && adopted.state.exit.code, 4);
  });

  test('a paused one stays paused; a pause that was not acknowledged is undone', async () => {
    const container = await fixture.running(ALICE);
    await fixture.engine.stopping.pause(container);
    assert.equal((await again(container)).state.status, 'paused');
    const other = await fixture.running(ALICE);
    await again(other);
    assert.deepEqual(fixture.kernel.callsOf('cgroupFreeze').at(-1)?.args, [`/bulkhead/unit/${other.id}`, false]);
  });

  test('one that ended meanwhile has its exit status, and its restart policy', async () => {
    const container = await fixture.running(ALICE);
    const restarting = await fixture.running(ALICE, { restart: { name: 'always' } });
    await fixture.engine.close();
    await fixture.monitor(container).exit(9);
    await fixture.monitor(restarting).exit(1);
    const adopted = await again(container);
    assert.equal(adopted.state.status === 'exited' && adopted.state.exit.code, 9);
    await fixture.engine.registry.find(ALICE, restarting.id).until(({ state }) => state.status === 'running');
  });

  test('one whose monitor has vanished is lost, and its group is killed', async () => {
    const container = await fixture.running(ALICE);
    await fixture.engine.close();
    await fixture.monitor(container).die();
    const adopted = await again(container);
    assert.equal(adopted.state.status === 'exited' && adopted.state.exit.unknown, 'lost');
    assert.ok(fixture.kernel.callsOf('cgroupKill').length > 0);
  });

  test('a start that was never written down is taken up by its monitor', async () => {
    const container = await fixture.create(ALICE);
    const record = path.join(fixture.folder, 'data/containers', container.id, 'record.json');
    const before = await readFile(record, 'utf8');
    await fixture.engine.lifecycle.start(container, ALICE);
    await fixture.engine.close();
    await writeFile(record, before);
    assert.equal((await again(container)).state.status, 'running');
  });

  test('so is the first start after a reboot, and its exit: what it runs in is not taken for the earlier boot’s', async () => {
    const [runs, ended] = [await fixture.running(ALICE), await fixture.running(ALICE)];
    await fixture.engine.close();
    for (const container of [runs, ended]) await fixture.monitor(container).die();
    fixture.kernel.bootId = 'boot-2';
    await fixture.reopen();
    const records = [runs, ended].map(({ id }) => path.join(fixture.folder, 'data/containers', id, 'record.json'));
    const before = await Promise.all(records.map((record) => readFile(record, 'utf8')));
    for (const { id } of [runs, ended]) await fixture.engine.lifecycle.start(fixture.engine.registry.find(ALICE, id), ALICE);
    await fixture.engine.close();
    // As if the helper had been killed before it could write the starts down.
    for (const [i, record] of records.entries()) await writeFile(record, before[i] ?? '');
    await fixture.monitor(ended).exit(5);
    const launches = fixture.kernel.callsOf('launch').length;
    const adopted = await again(runs);
    assert.equal(adopted.state.status, 'running');
    assert.equal(adopted.record.bootId, 'boot-2');
    await assert.rejects(fixture.engine.lifecycle.start(adopted, ALICE), /WRONG_STATE/);
    assert.equal(fixture.kernel.callsOf('launch').length, launches);
    const { state } = fixture.engine.registry.find(ALICE, ended.id);
    assert.equal(state.status === 'exited' && state.exit.code, 5);
  });

  test('after a reboot nothing runs, and what is to start starts', async () => {
    const plain = await fixture.running(ALICE);
    const always = await fixture.running(ALICE, { restart: { name: 'always' } });
    const stopped = await fixture.running(ALICE, { restart: { name: 'unless-stopped' } });
    const passing = await fixture.running(ALICE, { autoRemove: true });
    await fixture.engine.stopping.stop(stopped, 1000);
    await fixture.engine.close();
    for (const container of [plain, always, passing]) await fixture.monitor(container).die();
    fixture.kernel.bootId = 'boot-2';
    const adopted = await again(plain);
    assert.equal(adopted.state.status === 'exited' && adopted.state.exit.unknown, 'reboot');
    assert.equal(fixture.engine.registry.find(ALICE, always.id).state.status, 'running');
    assert.equal(fixture.engine.registry.find(ALICE, stopped.id).state.status, 'exited');
    assert.equal(fixture.engine.registry.has(passing.id), false);
  });

  test('a waiting restart goes on waiting', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    await fixture.exits(container, 1);
    await container.turn.run(() => Promise.resolve());
    const adopted = await again(container);
    await adopted.until(({ state }) => state.status === 'running');
  });

  test('an exec in it is heard again', async () => {
    const container = await fixture.running(ALICE);
    const command = { command: ['sh'], environment: [], workingDirectory: undefined, user: undefined, terminal: true, openStdin: true };
    const exec = await fixture.engine.execs.start(container, ALICE, command);
    await fixture.engine.execs.attached(exec);
    const adopted = await again(container);
    fixture.engine.execs.find(adopted, exec.id).channel.resize(24, 80);
    const monitor = fixture.kernel.monitors.get(`exec-${exec.id}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(monitor !== undefined);
    assert.ok(monitor.words.includes('resize 24 80'));
    await monitor.exit(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.throws(() => fixture.engine.execs.find(adopted, exec.id));
    assert.deepEqual(await readdir(path.join(fixture.folder, 'state/containers', adopted.id)), ['monitor.sock']);
  });

  test('an exec that nobody has attached to is ended: its token has gone with the helper', async () => {
    const container = await fixture.running(ALICE);
    const command = { command: ['sh'], environment: [], workingDirectory: undefined, user: undefined, terminal: true, openStdin: true };
    const [attached, never] = [await fixture.engine.execs.start(container, ALICE, command), await fixture.engine.execs.start(container, ALICE, command)];
    await fixture.engine.execs.attached(attached);
    await again(container);
    const [hears, ends] = [attached, never].map(({ id }) => fixture.kernel.monitors.get(`exec-${id}`));
    for (let attempt = 0; attempt < 200 && ends?.ended !== true; attempt += 1) await new Promise((resolve) => void setTimeout(resolve, 10));
    assert.deepEqual([hears?.ended, ends?.ended], [false, true]);
  });

  test('groups, run directories and half-made folders without a container are swept', async () => {
    const data = path.join(fixture.folder, 'data');
    const half = ['containers', 'images', 'layers'].map((name) => path.join(data, name, '.tmp-0123456789abcdef'));
    for (const folder of [...half, path.join(fixture.folder, 'state/containers/stray')]) await mkdir(folder);
    const stray = 'f'.repeat(64);
    fixture.kernel.strayGroups = [stray, 'helper'];
    await fixture.reopen();
    for (const folder of half)
      assert.deepEqual(
        (await readdir(path.dirname(folder))).filter((name) => name.startsWith('.tmp-')),
        [],
      );
    assert.deepEqual(await readdir(path.join(fixture.folder, 'state/containers')), []);
    assert.deepEqual(
      fixture.kernel.callsOf('cgroupRemove').map(({ args }) => args[0]),
      [`/bulkhead/unit/${stray}`],
    );
  });

  test('a record of a newer version is refused, said, and left as it is', async () => {
    const container = await fixture.create(ALICE);
    const record = path.join(fixture.folder, 'data/containers', container.id, 'record.json');
    const newer = JSON.stringify({ ...(JSON.parse(await readFile(record, 'utf8')) as object), version: 2 });
    await fixture.engine.close();
    await writeFile(record, newer);
    await fixture.reopen();
    assert.equal(fixture.engine.registry.has(container.id), false);
    assert.equal(await readFile(record, 'utf8'), newer);
    assert.ok(fixture.logged.some((line) => line.includes('can’t be read')));
  });

  test('with an unreadable record no layer is garbage', async () => {
    const container = await fixture.create(ALICE);
    await fixture.engine.images.remove(ROOT, 'base', true);
    const layers = path.join(fixture.folder, 'data/layers');
    assert.equal((await readdir(layers)).length, 1);
    await fixture.engine.close();
    await writeFile(path.join(fixture.folder, 'data/containers', container.id, 'record.json'), '{');
    await fixture.reopen();
    assert.equal((await readdir(layers)).length, 1);
  });
});

function statusOf({ state }: Container): string {
  return state.status;
}
