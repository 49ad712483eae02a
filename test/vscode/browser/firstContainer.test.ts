// A newcomer's first container, in a real window: run from the palette, typed into, a shell opened beside, stopped, removed.
// The tests are one story, in order; pictures of it are kept in test-artifacts/.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { ContainerSummary } from '../../../protocol/containers.js';
import { requires } from '../../support/world.js';
import { openSession, type BrowserSession } from './session.js';
import { Story } from './story.js';

const NAME = 'first';
const STEPS = 8;

describe('the first container', requires('root', 'native', 'helper', 'image', 'chromium'), () => {
  let session: BrowserSession;
  before(async () => {
    session = await openSession();
  });
  after(() => session.close());
  const story = new Story(() => session);

  const list = async (): Promise<readonly ContainerSummary[]> => {
    const connection = await session.helper.connect();
    const { containers } = await connection.call('container/list', {});
    connection.dispose();
    return containers;
  };

  story.scene('shows an empty view that says what to do', async ({ workbench }) => {
    await workbench.openViews('Bulkhead');
    await workbench.page.locator('.welcome-view-content', { hasText: 'No containers yet' }).first().waitFor();
    await workbench.row('bulkhead/busybox').waitFor();
    await workbench.picture('first-1-empty');
  });

  story.scene('runs one from the palette', async ({ workbench }) => {
    await workbench.runCommand('Bulkhead: Run Container');
    const answers: Readonly<Record<number, string>> = { 4: NAME, 7: 'memory=64m pids=50' };
    for (let step = 1; step <= STEPS; step += 1) await workbench.answerStep(step, STEPS, answers[step]);
    await workbench.row(NAME).filter({ hasText: 'Running' }).waitFor();
    const [container] = await list();
    assert.equal(container?.name, NAME);
    assert.equal(container.state.status, 'running');
  });

  story.scene('attaches a terminal that answers', async ({ workbench }) => {
    await workbench.seeInTerminal(/[#$]\s*$/);
    await workbench.type('echo $((6 * 7)) from $(hostname)');
    await workbench.seeInTerminal(/^42 from \S+/);
    await workbench.type('ps');
    await workbench.seeInTerminal(/^\s*1 root .*sh/);
    await workbench.picture('first-2-terminal');
  });

  story.scene('opens a shell beside it', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row(NAME), 'Open Shell');
    await workbench.showTerminal(`${NAME}: shell`);
    await workbench.seeInTerminal(/[#$]\s*$/);
    await workbench.type('echo shell $$ of $(cat /proc/1/comm)');
    await workbench.seeInTerminal(/^shell \d+ of \S+/);
    await workbench.picture('first-3-shell');
  });

  story.scene('shows how it was made', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row(NAME), 'Show How It Was Made');
    await workbench.page.getByRole('tab', { name: /step by step/ }).waitFor();
    await workbench.preview.getByText('pivot').first().waitFor();
    await workbench.picture('first-4-ledger');
  });

  story.scene('stops it, and says how it ended', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row(NAME), 'Stop');
    await workbench.row(NAME).filter({ hasText: 'Exited' }).waitFor();
    await workbench.picture('first-5-stopped');
    assert.equal((await list())[0]?.state.status, 'exited');
  });

  story.scene('removes it after asking', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row(NAME), 'Remove…');
    await workbench.picture('first-6-question');
    await workbench.confirm('Remove');
    await workbench.page.locator('.welcome-view-content', { hasText: 'No containers yet' }).first().waitFor();
    assert.deepEqual(await list(), []);
  });
});
