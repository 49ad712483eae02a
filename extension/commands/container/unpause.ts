// Lets the processes of frozen containers go on.
import { l10n } from 'vscode';
import { canUnpause } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { callForEach } from '../forEach.js';
import { targetContainers } from '../targets.js';

export const unpause: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, ({ state }) => canUnpause(state), l10n.t('Resume which containers?'));
  await callForEach(services, 'container/unpause', targets);
};
