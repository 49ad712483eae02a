// Removes all containers that have ended or were never started.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { formatBytes } from '../../model/age.js';
import { canStart } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { withViewProgress } from '../../ui/progress.js';
import { ready } from '../ready.js';
import { CONTAINERS_VIEW } from '../forEach.js';

export const prune: Command = async ({ client, store, settings }) => {
  const { caller } = await ready(client);
  // The helper prunes the caller's own, also where he sees others'.
  const ended = [...store.world.containers.values()].filter(({ state, ownerUid }) => canStart(state) && ownerUid === caller.uid);
  if (ended.length === 0) return void vscode.window.showInformationMessage(l10n.t('There are no ended containers.'));
  const yes = l10n.t('Remove');
  const question =
    ended.length === 1 ? l10n.t('Remove the ended container “{0}”?', ended[0]?.name ?? '') : l10n.t('Remove all {0} ended containers?', ended.length);
  const detail = ended.map(({ name }) => name).join(', ');
  if (settings.confirmRemove && (await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
  const { removed, reclaimedBytes } = await withViewProgress(CONTAINERS_VIEW, () => client.call('container/prune', {}));
  void vscode.window.showInformationMessage(
    l10n.t(
      'Removed {0}; {1} are free again.',
      removed.length === 1 ? l10n.t('1 container') : l10n.t('{0} containers', removed.length),
      formatBytes(reclaimedBytes),
    ),
  );
};
