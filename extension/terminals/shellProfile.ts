// The terminal profile "Container Shell…": the dropdown beside the terminal panel's plus asks which container.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { canEnter } from '../model/containerState.js';
import type { WorldStore } from '../model/worldStore.js';
import { pickContainer } from '../ui/pick.js';
import type { ContainerTerminals } from './containerTerminals.js';

export const PROFILE_ID = 'bulkhead.shell';

export function registerShellProfile(store: WorldStore, terminals: ContainerTerminals): vscode.Disposable {
  return vscode.window.registerTerminalProfileProvider(PROFILE_ID, {
    async provideTerminalProfile() {
      const container = await pickContainer(store, ({ state }) => canEnter(state), l10n.t('Open a shell in which container?'));
      return container === undefined ? undefined : new vscode.TerminalProfile(terminals.profileOptions(container));
    },
  });
}
