// "Run Container…", answered as a user does: with Enter.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Services } from '../../../extension/services.js';
import { connected, removeAll, until } from './world.js';

/** What the first step takes to come up, and each after it. */
const STEP_MS = 400;

describe('running a container', () => {
  let services: Services;
  before(async () => {
    services = await connected();
    await removeAll(services);
  });
  after(() => removeAll(services));

  it('takes no more than Enter at every step, and opens its terminal', async () => {
    const before = new Set(services.store.world.containers.keys());
    const made = () => [...services.store.world.containers.values()].filter(({ id }) => !before.has(id));
    const finished = vscode.commands.executeCommand('bulkhead.container.run');
    const deadline = Date.now() + 20_000;
    while (made().length === 0 && Date.now() < deadline) {
      await delay(STEP_MS);
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    }
    await finished;
    const [container] = made();
    assert.ok(container, 'no container was made');
    await until(() => services.store.container(container.id)?.state.status === 'running', 5_000, 'the container running');
    assert.equal(container.image, 'bulkhead/busybox:latest');
    assert.deepEqual([container.terminal, container.openStdin], [true, true]);
    await until(() => vscode.window.terminals.some((terminal) => terminal.name === container.name), 5_000, 'its terminal');
  });

  it('is done again at once with the same answers', async () => {
    const before = services.store.world.containers.size;
    assert.ok(before > 0);
    await vscode.commands.executeCommand('bulkhead.container.runAgain');
    await until(() => services.store.world.containers.size === before + 1);
    assert.ok([...services.store.world.containers.values()].every(({ image }) => image === 'bulkhead/busybox:latest'));
  });

  it('makes nothing when the user leaves', async () => {
    const before = services.store.world.containers.size;
    const finished = vscode.commands.executeCommand('bulkhead.container.run');
    await delay(STEP_MS);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await finished;
    await delay(200);
    assert.equal(services.store.world.containers.size, before);
  });
});
