// How the views look with containers in every state, in each of VS Code's kinds of theme. The pictures are for people to look
// at; the tests see to it that every state is shown, in words, and that the themes are really on.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { Locator } from 'playwright-core';
import type { ContainerSpecInput } from '../../../protocol/containers.js';
import type { ContainerId } from '../../../protocol/scalars.js';
import { requires } from '../../support/world.js';
import { openSession, type BrowserSession } from './session.js';
import { Story } from './story.js';

const IMAGE = 'bulkhead/busybox:latest';
const THEMES = {
  dark: ['Dark Modern', 'vs-dark'],
  light: ['Light Modern', 'vs'],
  'high-contrast': ['Default High Contrast', 'hc-black'],
} as const;

const CONTAINERS: readonly ContainerSpecInput[] = [
  {
    image: IMAGE,
    name: 'web',
    command: ['httpd', '-f', '-p', '8080', '-h', '/var/www'],
    limits: { memoryBytes: 64 * 2 ** 20, cpus: 0.5 },
    restart: { name: 'unless-stopped' },
  },
  { image: IMAGE, name: 'shell', command: ['sh'], terminal: true, openStdin: true, hostname: 'shell' },
  { image: IMAGE, name: 'worker', command: ['sleep', '1000'] },
  { image: IMAGE, name: 'migrate', command: ['sh', '-c', 'echo done'] },
  { image: IMAGE, name: 'broken', command: ['sh', '-c', 'echo "no such table" >&2; exit 3'] },
];

describe('the appearance', requires('root', 'native', 'helper', 'image', 'chromium'), () => {
  let session: BrowserSession;
  before(async () => {
    session = await openSession();
    await makeContainers(session);
  });
  after(() => session.close());
  const story = new Story(() => session);

  story.scene('shows each state in words', async ({ workbench }) => {
    await workbench.openViews('Bulkhead');
    const shown = { web: /Running/, worker: /Paused/, migrate: /Exited/, broken: /Exited \(3\)/ };
    for (const [name, state] of Object.entries(shown)) await workbench.row(name).filter({ hasText: state }).waitFor();
  });

  story.scene('has a terminal in a container', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row('shell'), 'Attach Terminal');
    await workbench.seeInTerminal(/[#$]\s*$/);
    await workbench.type('ps; ip -brief address 2>/dev/null || ip addr | head -2');
    await workbench.seeInTerminal(/\bps\b/);
  });

  story.scene('has the steps of a start', async ({ workbench }) => {
    await workbench.chooseFromMenu(workbench.row('web'), 'Show How It Was Made');
    await workbench.preview.getByText('pivot').first().waitFor();
  });

  for (const [name, [theme, base]] of Object.entries(THEMES)) {
    story.scene(`is legible in the ${name} theme`, async ({ workbench }) => {
      await workbench.chooseTheme(theme);
      await workbench.page.locator(`.monaco-workbench.${base}`).waitFor();
      await workbench.picture(`views-${name}`);
      assert.ok((await contrast(session)) >= 4.5, 'a row is harder to read than WCAG AA allows');
    });
  }
});

async function makeContainers({ helper }: BrowserSession): Promise<void> {
  const connection = await helper.connect();
  const ids = new Map<string | undefined, ContainerId>();
  for (const spec of CONTAINERS) {
    const { id } = await connection.call('container/create', { spec });
    await connection.call('container/start', { container: id });
    ids.set(spec.name, id);
  }
  for (const name of ['migrate', 'broken']) await connection.call('container/wait', { container: name });
  await connection.call('container/pause', { container: 'worker' });
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
