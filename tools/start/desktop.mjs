// A desktop VS Code, where one is installed and there is a display: opened with the extension from this repository.
import { inRepository, repositoryRoot } from '../repository.mjs';
import { outputOf, run } from '../run.mjs';

const NAMES = ['code', 'code-insiders', 'codium'];
const installed = () => NAMES.find((name) => outputOf('/bin/sh', ['-c', `command -v ${name}`]) !== null);

export function hasDesktop() {
  const hasDisplay = process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined;
  return hasDisplay && installed() !== undefined;
}

/** Its windows are the user's to close: stopping does nothing. */
export async function openDesktop() {
  const asRoot = process.geteuid() === 0 ? ['--no-sandbox', `--user-data-dir=${inRepository('.vscode-test/root')}`] : [];
  await run(installed(), [...asRoot, `--extensionDevelopmentPath=${repositoryRoot}`, repositoryRoot]);
  return { ended: new Promise(() => {}), stop: () => undefined };
}
