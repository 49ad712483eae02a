// The terminal profile "Container Shell…": the dropdown beside the terminal panel's plus asks which container.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { HelperClient } from '../client/helperClient.js';
import { ready } from '../commands/ready.js';
import { canEnter } from '../model/containerState.js';
import { pickContainer, type PickFrom } from '../ui/pick.js';
import type { ContainerTerminals } from './containerTerminals.js';

export const PROFILE_ID = 'bulkhead.shell';

/** `failed`: shows why there is no helper that containers could be asked of. */
export function registerShellProfile(
  { client, terminals, ...from }: PickFrom & { readonly client: HelperClient; readonly terminals: ContainerTerminals },
  failed: (error: unknown) => void,
): vscode.Disposable {
  return vscode.window.registerTerminalProfileProvider(PROFILE_ID, {
    async provideTerminalProfile() {
      try {
        await ready(client);
      } catch (error) {
        failed(error);
        return undefined;
      }
      const container = await pickContainer(from, ({ state }) => canEnter(state), l10n.t('Open a shell in which container?'));
      return container === undefined ? undefined : new vscode.TerminalProfile(terminals.profileOptions(container));
    },
  });
}
