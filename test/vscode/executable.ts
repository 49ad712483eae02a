// Which VS Code the suite runs in: the one that BULKHEAD_VSCODE names; where there is a display, the one that is installed;
// else VS Code's server with a headless browser as its window.
import fs from 'node:fs';
import { inRepository } from '../support/repository.js';

const INSTALLED = ['/usr/share/code/code', '/opt/visual-studio-code/code', '/usr/share/codium/codium'];

/** The executable itself, not the `code` script, which hands its arguments to a window that is open already. */
export function executablePath(): string {
  const named = process.env['BULKHEAD_VSCODE'];
  if (named !== undefined) return named;
  const hasDisplay = process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;
  const installed = hasDisplay ? INSTALLED.find((file) => fs.existsSync(file)) : undefined;
  return installed ?? inRepository('tools/vscode/launcher.mjs');
}
