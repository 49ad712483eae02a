// A desktop VS Code, where one is installed and there is a display: opened with the extension from this repository.
import path from 'node:path';
import { inRepository, repositoryRoot } from '../repository.mjs';
import { outputOf, run } from '../run.mjs';
import { changeSettings } from '../vscode/settings.mjs';

const NAMES = ['code', 'code-insiders', 'codium'];
const installed = () => NAMES.find((name) => outputOf('/bin/sh', ['-c', `command -v ${name}`]) !== null);

export function hasDesktop() {
  const hasDisplay = process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined;
  return hasDisplay && installed() !== undefined;
}

/** Its windows are the user's to close: stopping does nothing. */
export async function openDesktop(places) {
  await run(installed(), [...ownData(places), `--extensionDevelopmentPath=${repositoryRoot}`, repositoryRoot]);
  return { ended: new Promise(() => {}), stop: () => undefined };
}

/** With the user's own settings, unless they would be root's, or lead to another helper. */
export function ownData({ socketPath, isStandard }, folder = inRepository('.vscode-test'), uid = process.geteuid()) {
  if (uid !== 0 && isStandard) return [];
  const data = path.join(folder, uid === 0 ? 'root' : 'user');
  changeSettings(path.join(data, 'User/settings.json'), { 'bulkhead.socketPath': socketPath });
  return [...(uid === 0 ? ['--no-sandbox'] : []), `--user-data-dir=${data}`];
}
