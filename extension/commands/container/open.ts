// What Enter on a row does: to the terminal of a container that has one, to the log of any other.
import { l10n } from 'vscode';
import { canEnter } from '../../model/containerState.js';
import type { Command } from '../../services.js';
import { targetContainer } from '../targets.js';

export const open: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, () => true, l10n.t('Open which container?'));
  if (container === undefined) return;
  if (canEnter(container.state) && container.terminal) services.terminals.attach(container);
  else services.terminals.showLog(container);
};
