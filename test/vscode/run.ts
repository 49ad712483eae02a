// Runs test/vscode/suite inside a real VS Code's extension host, against a real helper that has the embedded image.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runTests } from '@vscode/test-electron';
import { writeSettings } from '../../tools/vscode/settings.mjs';
import { ensureImage } from '../../tools/client/images.js';
import { startHelper, type TestHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { missing } from '../support/world.js';
import { executablePath } from './executable.js';

const lack = missing('root', 'native', 'helper', 'image', 'chromium');
if (lack === null) void main();
else report({ passed: 0, failed: 0, skipped: 1 }, `the suite in VS Code: skipped, ${lack}`);

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-suite-'));
  const workspace = path.join(folder, 'workspace');
  fs.mkdirSync(workspace);
  const helper = await startHelper();
  const restarts = restartOnRequest(helper, path.join(folder, 'restart'));
  try {
    await ensureImage(helper.socketPath, inRepository('dist/image/busybox.tar'), 'bulkhead/busybox:latest');
    writeSettings(path.join(folder, 'user'), { 'bulkhead.socketPath': helper.socketPath });
    await runTests({
      vscodeExecutablePath: executablePath(),
      extensionDevelopmentPath: inRepository(),
      extensionTestsPath: inRepository('build/test/vscode/suite/index.js'),
      extensionTestsEnv: {
        BULKHEAD_SOCKET: helper.socketPath,
        // VS Code's own lies where other users have no access.
        BULKHEAD_NODE: process.execPath,
        BULKHEAD_RESTART_REQUEST: restarts.requestFile,
        BULKHEAD_ARTIFACTS: inRepository('test-artifacts'),
      },
      launchArgs: [workspace, `--user-data-dir=${path.join(folder, 'user')}`, `--extensions-dir=${path.join(folder, 'extensions')}`],
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await restarts.stop();
    await helper.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The suite can't do it itself: it makes the file, and when that is gone, another helper serves. */
function restartOnRequest(helper: TestHelper, requestFile: string): { readonly requestFile: string; stop(): Promise<void> } {
  const stopped = new AbortController();
  const watching = (async () => {
    for (; !stopped.signal.aborted; await delay(50)) {
      if (!fs.existsSync(requestFile)) continue;
      await helper.restart('SIGKILL');
      fs.rmSync(requestFile);
    }
  })();
  const stop = async () => {
    stopped.abort();
    await watching;
  };
  return { requestFile, stop };
}

function report(counts: { passed: number; failed: number; skipped: number }, sentence: string): void {
  console.log(sentence);
  const file = process.env['BULKHEAD_COUNTS'];
  if (file !== undefined) fs.writeFileSync(file, JSON.stringify(counts));
}
