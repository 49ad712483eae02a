// Sends a signal to the main process of containers.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { canSignal } from '../../model/containerState.js';
import { parseSignal } from '../../model/signal.js';
import type { Command } from '../../services.js';
import { CONTAINERS_VIEW, forEach } from '../forEach.js';
import { targetContainers } from '../targets.js';

export const kill: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, ({ state }) => canSignal(state), l10n.t('Send a signal to which containers?'));
  if (targets.length === 0) return;
  const signal = await askSignal();
  if (signal === undefined) return;
  await forEach(services, CONTAINERS_VIEW, targets, ({ id: container }) => services.client.call('container/kill', { container, signal }));
};

async function askSignal(): Promise<string | number | undefined> {
  const another: vscode.QuickPickItem = { label: l10n.t('Another…'), description: l10n.t('by its name or number') };
  const choice = await vscode.window.showQuickPick([...signals(), another], { placeHolder: l10n.t('Which signal?') });
  if (choice !== another) return choice?.label;
  const validateInput = (typed: string) =>
    parseSignal(typed) === undefined ? l10n.t('A signal is a name such as SIGWINCH or SIGRTMIN+1, or a number from 1 to 64.') : undefined;
  const typed = await vscode.window.showInputBox({ title: l10n.t('Send which signal?'), placeHolder: 'SIGWINCH', validateInput });
  return typed === undefined ? undefined : parseSignal(typed);
}

function signals(): vscode.QuickPickItem[] {
  return [
    { label: 'SIGTERM', description: l10n.t('asks it to end') },
    { label: 'SIGKILL', description: l10n.t('ends it at once, whatever it is doing') },
    { label: 'SIGINT', description: l10n.t('as Ctrl+C does') },
    { label: 'SIGHUP', description: l10n.t('many servers read their configuration again') },
    { label: 'SIGQUIT', description: l10n.t('ends it, often with a dump of what it was doing') },
    { label: 'SIGUSR1', description: l10n.t('whatever the program makes of it') },
    { label: 'SIGUSR2', description: l10n.t('whatever the program makes of it') },
    { label: 'SIGSTOP', description: l10n.t('suspends the main process alone') },
    { label: 'SIGCONT', description: l10n.t('lets it go on') },
  ];
}
