// Removes containers with their files. Those that run are killed, after a question that says so.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ContainerSummary } from '../../../protocol/containers.js';
import { isAlive } from '../../model/containerState.js';
import type { Command, Services } from '../../services.js';
import { CONTAINERS_VIEW, forEach } from '../forEach.js';
import { targetContainers } from '../targets.js';

export const remove: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, () => true, l10n.t('Remove which containers?'));
  if (targets.length === 0 || !(await isConfirmed(services, targets))) return;
  await forEach(services, CONTAINERS_VIEW, targets, ({ id: container, state }) =>
    services.client.call('container/remove', { container, force: isAlive(state) }),
  );
};

/** Ending what runs is asked about always; the setting is about the rest. */
async function isConfirmed({ settings }: Services, targets: readonly ContainerSummary[]): Promise<boolean> {
  const alive = targets.filter(({ state }) => isAlive(state)).length;
  if (alive === 0 && !settings.confirmRemove) return true;
  const [first] = targets;
  const question =
    targets.length === 1 && first !== undefined ? l10n.t('Remove the container “{0}”?', first.name) : l10n.t('Remove {0} containers?', targets.length);
  const detail = [
    ...(alive === 0
      ? []
      : [alive === 1 && targets.length === 1 ? l10n.t('It is running and will be killed.') : l10n.t('{0} of them are running and will be killed.', alive)]),
    l10n.t('What was written in the container is lost. Mounted folders stay as they are.'),
  ];
  const yes = l10n.t('Remove');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail: detail.join(' ') }, yes)) === yes;
}
