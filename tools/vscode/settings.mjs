// A user's settings for a quiet window: nothing that asks, greets, animates, or calls the internet.
import fs from 'node:fs';
import path from 'node:path';

const QUIET = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'terminal.integrated.gpuAcceleration': 'off', // the terminal's text in the page's elements, where tests can read it
  'update.mode': 'none',
  'window.commandCenter': false,
  'window.confirmBeforeClose': 'never',
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/**
 * Writes them, unless the user has settings already, and `more` over whatever is there: as the user's, and as the machine's, where
 * VS Code's server looks for settings whose scope is the machine (a desktop takes those from the user's).
 */
export function writeSettings(userDataDir, more = {}) {
  const file = path.join(userDataDir, 'User/settings.json');
  if (!fs.existsSync(file)) changeSettings(file, QUIET);
  for (const scope of ['User', 'Machine']) changeSettings(path.join(userDataDir, scope, 'settings.json'), more);
}

/** Sets these and leaves the rest of the file, comments too, as it is. Values: strings, numbers, booleans. */
export function changeSettings(file, values) {
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const after = Object.entries(values).reduce((text, [name, value]) => changed(text, name, JSON.stringify(value)), before.trim() === '' ? '{}\n' : before);
  if (after === before) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, after);
}

function changed(text, name, value) {
  const place = new RegExp(`("${name.replaceAll('.', '\\.')}"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*"|[^\\s,}]+)`);
  if (place.test(text)) return text.replace(place, (_whole, before) => before + value);
  const isEmpty = /^\s*\{\s*\}\s*$/.test(text);
  return isEmpty ? `{\n  "${name}": ${value}\n}\n` : text.replace('{', () => `{\n  "${name}": ${value},`);
}
