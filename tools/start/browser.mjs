// VS Code in the browser, with the packaged extension installed: for machines without a desktop VS Code.
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { inRepository, repositoryRoot } from '../repository.mjs';
import { outputOf } from '../run.mjs';
import { cacheFolder } from '../vscode/install.mjs';
import { installExtension, startServer } from '../vscode/server.mjs';
import { writeSettings } from '../vscode/settings.mjs';

/** The workbench keeps its state by origin: the same port brings the same window back. */
const PORT = 4117;

export async function openInBrowser({ socketPath }) {
  const folder = path.join(cacheFolder(), 'window');
  writeSettings(path.join(folder, 'user'), { 'bulkhead.socketPath': socketPath });
  await installExtension(inRepository('bulkhead-linux-x64.vsix'), { folder });
  const server = await startServer({ folder, port: (await isFree(PORT)) ? PORT : 0 });
  const address = server.address({ folder: repositoryRoot });
  console.log(`\nVS Code is at\n\n    ${address}\n`);
  showInBrowser(address);
  return server;
}

/** Where there is a display. What comes of it is not waited for. */
function showInBrowser(address) {
  const hasDisplay = process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined;
  if (!hasDisplay || outputOf('/bin/sh', ['-c', 'command -v xdg-open']) === null) return;
  spawn('xdg-open', [address], { stdio: 'ignore', detached: true }).unref();
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
