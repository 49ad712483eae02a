// Opens the walkthrough, once in a user's life, in a window where nothing is open yet and that knows no container.
import * as vscode from 'vscode';
import type { CommandId } from '../commands/ids.js';
import type { HelperClient } from '../client/helperClient.js';
import type { WorldStore } from '../model/worldStore.js';

const SHOWN_KEY = 'walkthrough.shown';

export async function offerFirstSteps(client: HelperClient, store: WorldStore, memento: vscode.Memento): Promise<void> {
  if (memento.get<boolean>(SHOWN_KEY, false)) return;
  await client.settled();
  if (hasWork() || store.world.containers.size > 0) return;
  await memento.update(SHOWN_KEY, true);
  const command: CommandId = 'bulkhead.openWalkthrough';
  await vscode.commands.executeCommand(command);
}

/** VS Code's own pages (its welcome, its settings) are the tabs whose input extensions are not told: nobody works in them. */
function hasWork(): boolean {
  return vscode.window.tabGroups.all.some((group) => group.tabs.some((tab) => tab.input !== undefined));
}
