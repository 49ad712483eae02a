#!/usr/bin/env node
// Takes the place of a desktop VS Code in test runs: understands the arguments that @vscode/test-electron gives one, runs VS
// Code's server with a headless Chromium as its window, and exits as the suite did.
// Exit codes: 0 passed, 1 failed, 64 usage, 70 a part of it broke, 73 the suite never reported, 124 timed out, 130 interrupted.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launchBrowser } from './browser.mjs';
import { follow } from './follow.mjs';
import { startServer } from './server.mjs';
import { writeSettings } from './settings.mjs';
import { writeSuiteWrapper } from './suiteWrapper.mjs';

const TIMEOUT_MS = Number(process.env.BULKHEAD_VSCODE_TIMEOUT_MS ?? 600_000);
const options = parse(process.argv.slice(2));
if (options.extensionTestsPath === undefined) {
  console.error('launcher: --extensionTestsPath=… is missing');
  process.exit(64);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-vscode-'));
const files = { resultFile: path.join(folder, 'result'), outputFile: path.join(folder, 'output') };
fs.writeFileSync(files.outputFile, '');
const output = follow(files.outputFile);
const releases = [() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
const outcome = await Promise.race([runSuite().catch((error) => [70, error.stack]), timeout(), interruption()]);
await finish(...outcome);

/** `--name=value` arguments by their names; the rest are folders to open. What else a desktop understands means nothing here. */
function parse(args) {
  const named = { folders: [] };
  for (const arg of args) {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined) named.folders.push(path.resolve(arg));
    else if (value !== undefined) named[name] = path.resolve(value);
  }
  return named;
}

/** Resolves to [exit code, reason]. */
async function runSuite() {
  const userDataDir = options['user-data-dir'] ?? path.join(folder, 'user');
  writeSettings(userDataDir);
  writeSuiteWrapper(path.join(folder, 'suite.cjs'), { tests: options.extensionTestsPath, ...files });
  const server = await startServer({ folder, userDataDir, extensionsDir: options['extensions-dir'], driver: true });
  releases.unshift(() => server.stop());
  const browser = await launchBrowser();
  releases.unshift(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  const reported = await reportOf(page);
  await page.goto(server.address(queryFor(server.authority)));
  return Promise.race([
    reported.code.then(verdict),
    new Promise((resolve) => void page.once('crash', () => resolve([70, 'the page crashed']))),
    new Promise((resolve) => void browser.once('disconnected', () => resolve([70, 'the browser ended']))),
    server.ended.then((reason) => [70, reason]),
  ]);
}

/** The workbench calls these two functions of its window in a test run. */
async function reportOf(page) {
  const log = fs.createWriteStream(path.join(folder, 'window.log'));
  let exit;
  const code = new Promise((resolve) => void (exit = resolve));
  await page.exposeFunction('codeAutomationLog', (level, words) => void log.write(`${level} ${words.join(' ')}\n`));
  await page.exposeFunction('codeAutomationExit', (reported) => exit(reported));
  return { code };
}

function verdict(code) {
  if (!fs.existsSync(files.resultFile)) return [73, 'the extension host ended before the suite did'];
  return fs.readFileSync(files.resultFile, 'utf8') === 'passed' ? [code] : [code || 1];
}

function queryFor(authority) {
  const remote = (file) => `vscode-remote://${authority}${encodeURI(file)}`;
  const payload = [
    ['extensionDevelopmentPath', remote(options.extensionDevelopmentPath)],
    ['extensionTestsPath', remote(path.join(folder, 'suite.cjs'))],
    ['skipWelcome', 'true'],
  ];
  const [opened] = options.folders;
  return { ...(opened === undefined ? { ew: 'true' } : { folder: opened }), payload: JSON.stringify(payload) };
}

function timeout() {
  return new Promise((resolve) => void setTimeout(resolve, TIMEOUT_MS, [124, `no end after ${TIMEOUT_MS} ms`]).unref());
}

function interruption() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve([130, signal]));
  });
}

async function finish(code, reason) {
  output.flush();
  if (reason !== undefined) console.error(`launcher: ${reason}`);
  keepLogs(code);
  for (const release of releases)
    await Promise.resolve()
      .then(release)
      .catch((error) => console.error(`launcher: ${error.message}`));
  process.exit(code);
}

/** Of a run that went wrong. */
function keepLogs(code) {
  const kept = process.env.BULKHEAD_ARTIFACTS;
  if (code === 0 || kept === undefined) return;
  fs.mkdirSync(kept, { recursive: true });
  for (const name of ['server.log', 'window.log']) if (fs.existsSync(path.join(folder, name))) fs.copyFileSync(path.join(folder, name), path.join(kept, name));
}
