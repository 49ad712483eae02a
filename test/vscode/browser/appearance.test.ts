// How the views look with containers in every state, in each of VS Code's kinds of theme. The pictures are for people to look
// at; the tests see to it that every state is shown, in words, and that the themes are really on.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { Locator } from 'playwright-core';
import type { ContainerSpecInput } from '../../../protocol/containers.js';
import { requires } from '../../support/world.js';
import { dragEdge, pictureOf } from './pictures.js';
import { openSession, type BrowserSession } from './session.js';
import { Story } from './story.js';

const IMAGE = 'bulkhead/busybox:latest';
const THEMES = {
  dark: ['Dark Modern', 'vs-dark'],
  light: ['Light Modern', 'vs'],
  'high-contrast': ['Default High Contrast', 'hc-black'],
} as const;

/** Made before the others, so that the ages differ. */
const EARLY: readonly ContainerSpecInput[] = [
  {
    image: IMAGE,
    name: 'web',
    command: ['httpd', '-f', '-p', '8080', '-h', '/var/www'],
    limits: { memoryBytes: 64 * 2 ** 20, cpus: 0.5 },
    restart: { name: 'unless-stopped' },
  },
  { image: IMAGE, name: 'shell', command: ['sh'], terminal: true, openStdin: true, hostname: 'shell' },
  { image: IMAGE, name: 'migrate', command: ['sh', '-c', 'for n in 1 2 3; do echo "applying migration $n of 3"; sleep 0.2; done; echo "all applied"'] },
];
const LATE: readonly ContainerSpecInput[] = [
  { image: IMAGE, name: 'worker', command: ['sleep', '1000'] },
  { image: IMAGE, name: 'broken', command: ['sh', '-c', 'echo "no such table" >&2; exit 3'] },
  { image: IMAGE, name: 'hungry', command: ['sh', '-c', 'x=1234567890; while :; do x=$x$x; done'], limits: { memoryBytes: 16 * 2 ** 20 } },
  { image: IMAGE, name: 'flaky', command: ['sh', '-c', 'exit 1'], restart: { name: 'always' } },
  { image: IMAGE, name: 'typo', command: ['pyhton', 'app.py'] },
];
const STATES = {
  web: /Running/,
  migrate: /Exited \(0\)/,
  worker: /Paused/,
  broken: /Exited \(3\)/,
  hungry: /Exited \(137, out of memory\)/,
  flaky: /restarting/,
  typo: /Failed/,
};
const WINDOW = { width: 1440, height: 900 };
const SIDE_BAR_WIDTH = 520;
const PANEL_TOP = 680;

describe('the appearance', requires('root', 'native', 'helper', 'image', 'chromium'), () => {
  let session: BrowserSession;
  before(async () => {
    session = await openSession();
    await makeContainers(session, EARLY);
  });
  after(() => session.close());
  const story = new Story(() => session);

  story.scene('asks a few questions to run one', async ({ workbench }) => {
    await workbench.openViews('Bulkhead');
    await workbench.chooseTheme(THEMES.dark[0]);
    await workbench.runCommand('Bulkhead: Run Container');
    for (const step of [1, 2]) await workbench.answerStep(step, 8);
    await workbench.choice('In the background').waitFor();
    await pictureOf(workbench, 'wizard', workbench.page.locator('.quick-input-widget').first());
    await workbench.page.keyboard.press('Escape');
  });

  story.scene('has the log of one', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row('migrate'), 'Show Log');
    await workbench.seeInTerminal(/all applied/);
    await pictureOf(workbench, 'log', workbench.page.locator('.part.panel'), { height: 170 });
    await workbench.type(''); // any key closes it
    await workbench.page.locator('.part.panel').waitFor({ state: 'hidden' });
  });

  story.scene('has a terminal in a container', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row('shell'), 'Attach Terminal');
    await workbench.seeInTerminal(/[#$]\s*$/);
    await workbench.type('hostname');
    await workbench.seeInTerminal(/^shell/);
    await workbench.type('ps');
    await workbench.seeInTerminal(/^\s*1 root .*sh/);
  });

  story.scene('has the steps of a start', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row('web'), 'Show How It Was Made');
    await workbench.preview.getByText('pivot').first().waitFor();
  });

  story.scene('shows each state in words', async ({ workbench, ...rest }) => {
    await makeContainers({ workbench, ...rest }, LATE);
    for (const [name, state] of Object.entries(STATES)) await workbench.row(name).filter({ hasText: state }).waitFor();
  });

  story.scene('is arranged as one pleases', async ({ workbench }) => {
    await workbench.page.setViewportSize(WINDOW);
    await dragEdge(workbench, 'sideBar', SIDE_BAR_WIDTH);
    await dragEdge(workbench, 'panel', PANEL_TOP);
    await workbench.preview
      .locator('h2', { hasText: 'start' })
      .first()
      .evaluate((heading) => (heading as { scrollIntoView(): void }).scrollIntoView());
    await workbench.picture('overview');
  });

  for (const [name, [theme, base]] of Object.entries(THEMES)) {
    story.scene(`is legible in the ${name} theme`, async ({ workbench }) => {
      await workbench.chooseTheme(theme);
      await workbench.page.locator(`.monaco-workbench.${base}`).waitFor();
      await pictureOf(workbench, `views-${name}`, workbench.page.locator('.part.sidebar'), { height: 250 });
      assert.ok((await contrast(session)) >= 4.5, 'a row is harder to read than WCAG AA allows');
    });
  }
});

/** Starts them, and waits for those that end. */
async function makeContainers({ helper }: BrowserSession, specs: readonly ContainerSpecInput[]): Promise<void> {
  const connection = await helper.connect();
  for (const spec of specs) {
    const { id } = await connection.call('container/create', { spec });
    const started = connection.call('container/start', { container: id });
    if (spec.name === 'typo') await assert.rejects(started);
    else await started;
    if (['migrate', 'broken', 'hungry'].includes(spec.name ?? '')) await connection.call('container/wait', { container: id });
    if (spec.name === 'worker') await connection.call('container/pause', { container: id });
  }
  connection.dispose();
}

/** Of a row's name against the side bar's background: the ratio that WCAG 2 defines. */
async function contrast({ workbench }: BrowserSession): Promise<number> {
  const row = workbench.row('web').locator('.label-name, .monaco-highlighted-label').first();
  const text = await styleOf(row, 'color');
  const ground = await styleOf(workbench.page.locator('.part.sidebar').first(), 'backgroundColor');
  const [lighter = 0, darker = 0] = [luminance(text), luminance(ground)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Runs in the page; the types of the browser's own objects are not ours. */
function styleOf(element: Locator, property: string): Promise<string> {
  type Page = { getComputedStyle(element: unknown): Record<string, string> };
  return element.evaluate((found, name) => (globalThis as unknown as Page).getComputedStyle(found)[name] ?? '', property);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
