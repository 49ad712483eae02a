// Restart policies: when a container starts again, how long it waits, and who can stop it from doing so.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { nextRestart, startsAtBoot } from '../../../helper/engine/containers/restartPolicy.js';
import { Failure } from '../../../helper/engine/failure.js';
import type { ContainerRecord } from '../../../helper/store/containerRecord.js';
import { lostExit, type ExitStatus } from '../../../helper/engine/containers/state.js';
import { ALICE, EngineFixture, ROOT } from '../../support/engineFixture.js';

const exit = (code: number): ExitStatus => ({ code, signal: null, oomKilled: false, unknown: null, atMs: 0 });
const fresh = { stoppedByHand: false, restartCount: 0, attempt: 0, upMs: 0 };

describe('the policy', () => {
  test('no: never', () => {
    assert.equal(nextRestart({ name: 'no' }, exit(1), fresh), null);
  });

  test('on-failure: not after success, and not more often than asked', () => {
    const policy = { name: 'on-failure', maximumRetryCount: 2 } as const;
    assert.equal(nextRestart(policy, exit(0), fresh), null);
    assert.notEqual(nextRestart(policy, exit(1), { ...fresh, restartCount: 1 }), null);
    assert.equal(nextRestart(policy, exit(1), { ...fresh, restartCount: 2 }), null);
    assert.notEqual(nextRestart({ ...policy, maximumRetryCount: 0 }, exit(1), { ...fresh, restartCount: 500 }), null);
  });

  test('always: after success and loss, but not against somebody’s will', () => {
    assert.notEqual(nextRestart({ name: 'always' }, exit(0), fresh), null);
    assert.notEqual(nextRestart({ name: 'always' }, lostExit('lost', 0), fresh), null);
    assert.equal(nextRestart({ name: 'always' }, exit(1), { ...fresh, stoppedByHand: true }), null);
  });

  test('waits twice as long each time, a minute at most, and starts afresh after ten seconds up', () => {
    const delays = [0, 1, 2, 9, 10, 50].map((attempt) => nextRestart({ name: 'always' }, exit(1), { ...fresh, attempt })?.delayMs);
    assert.deepEqual(delays, [100, 200, 400, 51_200, 60_000, 60_000]);
    assert.deepEqual(nextRestart({ name: 'always' }, exit(1), { ...fresh, attempt: 9, upMs: 10_000 }), { attempt: 1, delayMs: 100 });
  });

  test('at boot: always, and unless-stopped that nobody has stopped', () => {
    assert.deepEqual(
      (['no', 'always', 'unless-stopped'] as const).map((name) => [startsAtBoot({ name }, false), startsAtBoot({ name }, true)]),
      [
        [false, false],
        [true, true],
        [true, false],
      ],
    );
  });
});

describe('the engine', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
    await fixture.importImage(ROOT);
  });
  afterEach(() => fixture.close());

  test('starts again after the delay, and counts', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    await fixture.exits(container, 0);
    assert.equal(container.state.status, 'restarting');
    await container.until(({ state }) => state.status === 'running');
    assert.equal(container.record.restartCount, 1);
    assert.equal(fixture.kernel.callsOf('launch').length, 2);
  });

  test('on-failure:1 starts once more, then stays', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'on-failure', maximumRetryCount: 1 } });
    await fixture.exits(container, 5);
    await container.until(({ state }) => state.status === 'running');
    await fixture.exits(container, 5);
    assert.equal(container.state.status, 'exited');
  });

  test('a start that fails is tried again, as the policy says', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'on-failure', maximumRetryCount: 2 } });
    fixture.kernel.failNext('launch', 'ENOMEM');
    await fixture.exits(container, 5);
    await container.until(({ state }) => state.status === 'running');
    assert.equal(container.record.restartCount, 2);
  });

  test('a start that has failed and is to be tried again is that on disk too: a new helper tries it', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    for (let round = 0; round < 20; round += 1) fixture.kernel.failNext('launch', 'ENOMEM');
    await fixture.exits(container, 5);
    await container.until(({ state }) => state.status === 'restarting' && state.attempt > 1);
    // The turn of what is written after the failure.
    await container.turn.run(() => Promise.resolve());
    const record = JSON.parse(await readFile(path.join(fixture.folder, 'data/containers', container.id, 'record.json'), 'utf8')) as ContainerRecord;
    assert.equal(record.state.status, 'restarting');
  });

  test('what can’t be started at boot is tried again', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    await fixture.engine.stopping.stop(container, 1000);
    fixture.kernel.bootId = 'boot-2';
    fixture.kernel.failNext('launch', 'ENOMEM');
    await fixture.reopen();
    const again = fixture.engine.registry.get(container.id);
    assert.ok(again !== null);
    await again.until(({ state }) => state.status === 'running');
    assert.deepEqual(fixture.logged, ['a container could not be restarted']);
  });

  test('no start, and no automatic one, on ids that are not the owner’s any more', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    fixture.launchRefusal = new Failure('DENIED', { reason: 'the ids are another’s' });
    await fixture.exits(container, 1);
    await container.until(({ state }) => state.status === 'restarting' && state.attempt > 1);
    assert.equal(fixture.kernel.callsOf('launch').length, 1);
    await assert.rejects(fixture.engine.lifecycle.start(container, ALICE), /DENIED/);
    fixture.launchRefusal = null;
    await fixture.engine.lifecycle.start(container, ALICE);
    assert.equal(container.state.status, 'running');
  });

  test('stop ends the waiting', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    await fixture.exits(container, 1);
    await fixture.engine.stopping.stop(container, 10);
    assert.equal(container.state.status, 'exited');
    assert.equal(container.restartTimer, null);
  });

  test('remove ends the waiting', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    await fixture.exits(container, 1);
    await fixture.engine.removing.remove(container, true);
    assert.equal(container.restartTimer, null);
    assert.equal(container.removed, true);
  });

  test('what was stopped by hand stays stopped', async () => {
    const container = await fixture.running(ALICE, { restart: { name: 'always' } });
    await fixture.engine.stopping.stop(container, 1000);
    assert.equal(container.state.status, 'exited');
  });
});
