// Stops containers: the stop signal, and after their time-out SIGKILL.
import { l10n } from 'vscode';
import { canStop } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { callForEach } from '../forEach.js';
import { targetContainers } from '../targets.js';

export const stop: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, ({ state }) => canStop(state), l10n.t('Stop which containers?'));
  await callForEach(services, 'container/stop', targets);
};
