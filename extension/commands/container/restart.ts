// Stops containers, if need be, and starts them.
import { l10n } from 'vscode';
import { canRestart } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { callForEach } from '../forEach.js';
import { targetContainers } from '../targets.js';

export const restart: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, ({ state }) => canRestart(state), l10n.t('Restart which containers?'));
  await callForEach(services, 'container/restart', targets);
};
