// Attaches a terminal to a container's main process.
import { l10n } from 'vscode';
import { canEnter } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { targetContainer } from '../targets.js';

export const attach: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, ({ state }) => canEnter(state), l10n.t('Attach to which container?'));
  if (container !== undefined) services.terminals.attach(container);
};
