// A VS Code in a browser, with the packaged extension installed, on a real helper that has the embedded image: as `npm start`
// gives it to a newcomer.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureImage } from '../../../tools/client/images.js';
import { launchBrowser } from '../../../tools/vscode/browser.mjs';
import { installExtension, startServer } from '../../../tools/vscode/server.mjs';
import { writeSettings } from '../../../tools/vscode/settings.mjs';
import { startHelper, type TestHelper } from '../../support/helper.js';
import { inRepository } from '../../support/repository.js';
import { Workbench } from './workbench.js';

const VSIX = 'bulkhead-linux-x64.vsix';
/** The first element of a window, on a loaded machine. */
const WINDOW_MS = 120_000;

export interface BrowserSession {
  readonly helper: TestHelper;
  readonly workbench: Workbench;
  close(): Promise<void>;
}

/** `settings`: the user's, besides those that lead to the helper. */
export async function openSession(settings: Readonly<Record<string, unknown>> = {}): Promise<BrowserSession> {
  assert.ok(fs.existsSync(inRepository(VSIX)), `no ${VSIX}: npm run package`);
  const releases: (() => unknown)[] = [];
  const close = async () => {
    const failures: unknown[] = [];
    for (const release of releases.reverse())
      await Promise.resolve()
        .then(release)
        .catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'the session did not end well');
  };
  try {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-window-'));
    releases.push(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    const helper = await startHelper();
    releases.push(() => helper.stop());
    await ensureImage(helper.socketPath, inRepository('dist/image/busybox.tar'), 'bulkhead/busybox:latest');
    const page = await openWindow(folder, { ...settings, 'bulkhead.socketPath': helper.socketPath }, releases);
    return { helper, workbench: new Workbench(page), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openWindow(folder: string, settings: Readonly<Record<string, unknown>>, releases: (() => unknown)[]) {
  const workspace = path.join(folder, 'hello');
  fs.mkdirSync(workspace);
  fs.writeFileSync(path.join(workspace, 'hello.txt'), 'Hello from the workspace.\n');
  writeSettings(path.join(folder, 'user'), settings);
  await installExtension(inRepository(VSIX), { folder });
  const server = await startServer({ folder });
  releases.push(() => server.stop());
  const browser = await launchBrowser();
  releases.push(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(server.address({ folder: workspace }));
  await page.getByRole('tab', { name: 'Bulkhead' }).first().waitFor({ timeout: WINDOW_MS });
  return page;
}
