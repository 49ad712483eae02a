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
 * Writes them, and `more` over them, unless the user has settings already: as the user's, and as the machine's, where VS Code's
 * server looks for settings whose scope is the machine (a desktop takes those from the user's).
 */
export function writeSettings(userDataDir, more = {}) {
  write(path.join(userDataDir, 'User/settings.json'), { ...QUIET, ...more });
  write(path.join(userDataDir, 'Machine/settings.json'), more);
}

function write(file, settings) {
  if (fs.existsSync(file)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(settings, null, 2));
}
