// Starts containers that are not running.
import { l10n } from 'vscode';
import { canStart } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { callForEach } from '../forEach.js';
import { targetContainers } from '../targets.js';

export const start: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, ({ state }) => canStart(state), l10n.t('Start which containers?'));
  await callForEach(services, 'container/start', targets);
};
