// Further processes in a container: who is admitted, what is asked of the kernel, how one ends that nobody wants.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ExecCommand } from '../../../helper/engine/exec/execs.js';
import { Failure } from '../../../helper/engine/failure.js';
import { KernelError } from '../../../helper/kernel/kernel.js';
import { ALICE, BOB, EngineFixture, ROOT } from '../../support/engineFixture.js';

describe('exec', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
    await fixture.importImage(ROOT);
  });
  afterEach(() => fixture.close());

  const fails = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;
  const command = (user?: string): ExecCommand => ({ command: ['sh'], environment: [], workingDirectory: undefined, user, terminal: false, openStdin: true });

  test('enters the process that runs, as the user asked for or the container’s own', async () => {
    const container = await fixture.running(ALICE, { user: 'www' });
    await fixture.engine.execs.start(container, ALICE, command());
    await fixture.engine.execs.start(container, ALICE, command('0'));
    const requests = fixture.kernel.callsOf('exec').map(({ args }) => args[0] as { pid: number; startTimeTicks: number; user: string; config: string });
    assert.deepEqual(
      requests.map(({ user }) => user),
      ['www', '0'],
    );
    assert.ok(container.state.status === 'running');
    assert.deepEqual({ pid: requests[0]?.pid, startTimeTicks: requests[0]?.startTimeTicks }, container.state.process);
    assert.deepEqual((JSON.parse(requests[0]?.config ?? '') as { process: unknown }).process, { args: ['sh'] });
  });

  test('is refused where nothing runs, and where all is frozen', async () => {
    const container = await fixture.create(ALICE);
    await assert.rejects(fixture.engine.execs.start(container, ALICE, command()), fails('WRONG_STATE'));
    await fixture.engine.lifecycle.start(container, ALICE);
    await fixture.engine.stopping.pause(container);
    await assert.rejects(fixture.engine.execs.start(container, ALICE, command()), fails('WRONG_STATE'));
  });

  test('is asked again whether it may be when its turn has come: not in one that has been frozen meanwhile', async () => {
    const container = await fixture.running(ALICE);
    const starting = fixture.engine.execs.start(container, ALICE, command());
    container.change({ state: { ...container.state, status: 'paused' } as typeof container.state });
    await assert.rejects(starting, fails('WRONG_STATE'));
    assert.equal(fixture.kernel.callsOf('exec').length, 0);
  });

  test('of one user are started sixteen at a time, and another’s do not wait for them', async () => {
    const [hers, his] = [await fixture.running(ALICE), await fixture.running(BOB)];
    const started: string[] = [];
    const never = new Promise<never>(() => undefined);
    fixture.kernel.exec = ({ runDirectory }) => (started.push(runDirectory.endsWith(hers.id) ? 'hers' : 'his'), never);
    for (let i = 0; i < 40; i += 1) void fixture.engine.execs.start(hers, ALICE, command());
    void fixture.engine.execs.start(his, BOB, command());
    while (!started.includes('his') || started.length < 17) await new Promise((resolve) => void setTimeout(resolve, 5));
    await new Promise((resolve) => void setTimeout(resolve, 50));
    assert.equal(started.filter((whose) => whose === 'hers').length, 16);
  });

  test('that fails is noted with its steps, and counts no more', async () => {
    const container = await fixture.running(ALICE);
    fixture.kernel.failNext('exec', 'ENOENT', 2, 'execve', '/nonesuch');
    await assert.rejects(fixture.engine.execs.start(container, ALICE, command()), KernelError);
    const { ledger } = await fixture.engine.observing.inspect(container);
    assert.equal(ledger.at(-1)?.operation, 'exec');
  });

  test('that nobody attaches to is killed', async () => {
    const container = await fixture.running(ALICE);
    const { id } = await fixture.engine.execs.start(container, ALICE, command());
    fixture.engine.execs.abandon(id);
    const monitor = fixture.kernel.monitors.get(`exec-${id}`);
    assert.deepEqual(fixture.kernel.callsOf('signalProcess').at(-1)?.args, [monitor?.pid, 777, 9]);
    fixture.engine.execs.abandon(id);
    fixture.engine.execs.abandon('f'.repeat(32));
  });

  test('leaves no mark when it could not be started, and none when it has ended', async () => {
    const container = await fixture.running(ALICE);
    const run = path.join(fixture.folder, 'state/containers', container.id);
    fixture.kernel.failNext('exec', 'ENOENT', 2, 'execve', '/nonesuch');
    await assert.rejects(fixture.engine.execs.start(container, ALICE, command()), KernelError);
    assert.deepEqual(await readdir(run), ['monitor.sock']);
    const { id } = await fixture.engine.execs.start(container, ALICE, command());
    assert.ok((await readdir(run)).includes(`exec-${id}.unattached`));
    await fixture.kernel.monitors.get(`exec-${id}`)?.exit(0);
    for (let attempt = 0; attempt < 200 && (await readdir(run)).length > 1; attempt += 1) await new Promise((resolve) => void setTimeout(resolve, 10));
    assert.deepEqual(await readdir(run), ['monitor.sock']);
  });

  test('belongs to its container', async () => {
    const [one, other] = [await fixture.running(ALICE), await fixture.running(ALICE)];
    const { id } = await fixture.engine.execs.start(one, ALICE, command());
    assert.throws(() => fixture.engine.execs.find(other, id), fails('NOT_FOUND'));
    assert.equal(fixture.engine.execs.find(one, id).id, id);
  });
});
