// Offers to update the helper, once for each version of the extension: a new extension comes by itself, its helper does not.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { HelperClient } from '../client/helperClient.js';
import type { CommandId } from '../commands/ids.js';
import { isOlder } from '../model/helperAge.js';
import { isOurs } from '../model/helperContext.js';

const OFFERED_KEY = 'update.offered';

/** `isInstalled`: whether there is a helper that this extension has installed. Another one is its owner's to update. */
export function offerUpdates(client: HelperClient, isInstalled: () => boolean, ownVersion: string, memento: vscode.Memento): { dispose(): void } {
  return client.onDidChangeState((state) => {
    if (state.status !== 'ready' || !isOlder(state.info.helperVersion, ownVersion)) return;
    if (!isOurs(client.socketPath) || !isInstalled() || memento.get<string>(OFFERED_KEY) === ownVersion) return;
    void memento.update(OFFERED_KEY, ownVersion);
    void offer(state.info.helperVersion);
  });
}

async function offer(helperVersion: string): Promise<void> {
  const update = l10n.t('Update Helper');
  const question = l10n.t('The installed helper ({0}) is older than this extension. Updating it does not stop your containers.', helperVersion);
  const command: CommandId = 'bulkhead.helper.install';
  if ((await vscode.window.showInformationMessage(question, update)) === update) await vscode.commands.executeCommand(command);
}
