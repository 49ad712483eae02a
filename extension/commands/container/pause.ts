// Freezes all processes of containers.
import { l10n } from 'vscode';
import { canPause } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { callForEach } from '../forEach.js';
import { targetContainers } from '../targets.js';

export const pause: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, ({ state }) => canPause(state), l10n.t('Pause which containers?'));
  await callForEach(services, 'container/pause', targets);
};
