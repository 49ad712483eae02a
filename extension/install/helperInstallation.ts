// The installed helper: whether it is there, and how it gets there. The only place that asks for elevation, always in a terminal that
// the user sees, always for one script whose text he can read.
import fs from 'node:fs';
import * as vscode from 'vscode';
import { l10n } from 'vscode';

/** Root's own: what root runs lies where nobody else can write. */
const INSTALLED = '/usr/local/lib/bulkhead';
const SCRIPT = 'install-helper.sh';

export class HelperInstallation {
  constructor(private readonly extensionUri: vscode.Uri) {}

  get isInstalled(): boolean {
    return fs.existsSync(`${INSTALLED}/helper.js`);
  }

  /** Copies the helper out of this extension, and starts it. An installed one is replaced; containers go on. */
  install(): void {
    const source = this.extensionUri.fsPath;
    runElevated(l10n.t('Install the Bulkhead helper'), [`${source}/media/${SCRIPT}`, '--from', source, '--node', process.execPath, '--start']);
  }

  start(): void {
    runElevated(l10n.t('Start the Bulkhead helper'), [`${INSTALLED}/${SCRIPT}`, '--start']);
  }

  /** What `install` is about to do, for the question before it. */
  describe(): string {
    const how = fs.existsSync('/run/systemd/system') ? l10n.t('adds the service bulkhead.service and starts it') : l10n.t('starts it');
    return l10n.t(
      'The helper runs as root and makes containers for you. This copies it to {0}, owned by root, and {1}. A terminal opens, shows each step, and asks for your password. To remove it later: sudo sh {0}/{2} --uninstall',
      INSTALLED,
      how,
      SCRIPT,
    );
  }
}

function runElevated(name: string, args: readonly string[]): void {
  const command = `${elevation()}sh ${args.map(quoted).join(' ')}`;
  const pause = `; printf '\\n%s ' ${quoted(l10n.t('Press Enter to close.'))}; read -r _`;
  const shown = `printf '%s\\n\\n' ${quoted(`$ ${command}`)}; `;
  vscode.window
    .createTerminal({ name, shellPath: '/bin/sh', shellArgs: ['-c', shown + command + pause], iconPath: new vscode.ThemeIcon('shield'), isTransient: true })
    .show();
}

function elevation(): string {
  if (process.geteuid?.() === 0) return '';
  return fs.existsSync('/usr/bin/sudo') ? 'sudo ' : 'pkexec ';
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
