// Opens a shell in a running container.
import { l10n } from 'vscode';
import { canEnter } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { targetContainer } from '../targets.js';

export const openShell: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, ({ state }) => canEnter(state), l10n.t('Open a shell in which container?'));
  if (container !== undefined) services.terminals.openShell(container);
};
