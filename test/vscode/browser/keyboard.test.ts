// The views by keyboard, the questions of a new container with their buttons, and terminals over a reload: in a real window.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe } from 'node:test';
import type { ContainerSummary } from '../../../protocol/containers.js';
import { requires } from '../../support/world.js';
import { openSession, type BrowserSession } from './session.js';
import { Story } from './story.js';

const IMAGE = 'bulkhead/busybox:latest';
const NAMES = ['first', 'second', 'third'];
const STEPS = 8;
const WINDOW_MS = 120_000;

describe('the keyboard, the questions and a reload', requires('root', 'native', 'helper', 'image', 'chromium'), () => {
  let session: BrowserSession;
  before(async () => {
    session = await openSession();
    const connection = await session.helper.connect();
    for (const name of NAMES) {
      const { id } = await connection.call('container/create', { spec: { image: IMAGE, name, command: ['sleep', '1000'] } });
      await connection.call('container/start', { container: id });
    }
    connection.dispose();
  });
  after(() => session.close());
  const story = new Story(() => session);

  const list = async (): Promise<readonly ContainerSummary[]> => {
    const connection = await session.helper.connect();
    const { containers } = await connection.call('container/list', {});
    connection.dispose();
    return containers;
  };
  const named = async (name: string): Promise<ContainerSummary> => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(100)) {
      const found = (await list()).find((container) => container.name === name);
      if (found?.state.status === 'running') return found;
    }
    return assert.fail(`no container “${name}” runs`);
  };
  const shellsOf = async (name: string): Promise<number> => {
    const connection = await session.helper.connect();
    const { processes } = await connection.call('container/top', { container: name });
    connection.dispose();
    return processes.length - 1;
  };

  /** The rows are the newest first: from the third, one down is the second. */
  const focusSecond = async ({ workbench }: BrowserSession): Promise<void> => {
    await workbench.row('third').click();
    await workbench.page.keyboard.press('ArrowDown');
  };

  story.scene('renames the row that has the focus, not the one that was clicked', async (play) => {
    const { workbench } = play;
    await workbench.openViews('Bulkhead');
    await workbench.row('first').waitFor();
    await focusSecond(play);
    await workbench.page.keyboard.press('F2');
    await workbench.page.locator('.quick-input-title', { hasText: 'Rename second' }).waitFor();
    await workbench.page.keyboard.press('Escape');
  });

  story.scene('asks whether to remove the row that has the focus', async (play) => {
    const { workbench } = play;
    await focusSecond(play);
    await workbench.page.keyboard.press('Delete');
    await workbench.page.locator('.monaco-dialog-box', { hasText: '“second”' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    assert.equal((await list()).length, NAMES.length);
  });

  story.scene('opens the row that has the focus, and selects it', async (play) => {
    const { workbench } = play;
    await focusSecond(play);
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.pane-body [role=treeitem][aria-selected=true]', { hasText: 'second' }).waitFor();
    await workbench.page.locator('.terminal-tab, .single-terminal-tab, .terminal-tabs-entry', { hasText: 'second: log' }).first().waitFor();
  });

  story.scene('takes what is typed when the rest is skipped', async ({ workbench }) => {
    await workbench.runCommand('Bulkhead: Run Container');
    for (let step = 1; step <= 3; step += 1) await workbench.answerStep(step, STEPS);
    await workbench.seeStep(4, STEPS);
    await workbench.question.fill('typed');
    await workbench.pressButton('Run now');
    await named('typed');
    // Its terminal takes the focus: what is asked before that is closed by it.
    await workbench.seeInTerminal(/[#$]\s*$/);
  });

  story.scene('keeps a folder ticked while it is made read-only, and on the way back and forward', async ({ workbench }) => {
    await workbench.runCommand('Bulkhead: Run Container');
    const answers: Readonly<Record<number, string>> = { 4: 'mounted' };
    for (let step = 1; step <= 4; step += 1) await workbench.answerStep(step, STEPS, answers[step]);
    await workbench.seeStep(5, STEPS);
    await workbench.choice('hello').click();
    for (const state of ['read-only', 'may be written', 'read-only']) {
      await workbench.choice('hello').hover();
      await workbench.choice('hello').locator('.quick-input-list-entry-action-bar .action-label').first().click();
      await workbench.choice(state).waitFor();
    }
    await workbench.pressButton('Back');
    await workbench.answerStep(4, STEPS);
    await workbench.seeStep(5, STEPS);
    await workbench.choice('read-only').waitFor();
    await workbench.pressButton('Run now');
    const { id } = await named('mounted');
    const connection = await session.helper.connect();
    const { spec } = await connection.call('container/inspect', { container: id });
    connection.dispose();
    assert.deepEqual(
      spec.mounts.map((mount) => [mount.type, mount.target, mount.readOnly]),
      [['bind', '/workspaces/hello', true]],
    );
  });

  story.scene('has one shell after a reload where there was one before', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row('third'), 'Open Shell');
    await workbench.showTerminal('third: shell');
    await workbench.seeInTerminal(/[#$]\s*$/);
    assert.equal(await shellsOf('third'), 1);
    await workbench.page.reload();
    await workbench.page.getByRole('tab', { name: 'Bulkhead' }).first().waitFor({ timeout: WINDOW_MS });
    const tab = workbench.page.locator('.terminal-tabs-entry', { hasText: 'third: shell' });
    await tab.first().waitFor({ timeout: WINDOW_MS });
    assert.equal(await tab.count(), 1);
    await workbench.page.locator('.terminal-tabs-entry', { hasText: 'second: log' }).first().waitFor();
    await workbench.showTerminal('third: shell');
    await workbench.seeInTerminal(/[#$]\s*$/);
    for (const deadline = Date.now() + 20_000; (await shellsOf('third')) !== 1; await delay(200))
      assert.ok(Date.now() < deadline, 'the old shell is still there');
  });
});
