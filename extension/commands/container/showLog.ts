// Shows a container's log, and follows it.
import { l10n } from 'vscode';
import type { Command } from '../../services.js';
import { targetContainer } from '../targets.js';

export const showLog: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, () => true, l10n.t('Show the log of which container?'));
  if (container !== undefined) services.terminals.showLog(container);
};
