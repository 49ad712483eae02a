// Copies the ids of containers, one a line.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Command } from '../../services.js';
import { targetContainers } from '../targets.js';

export const copyId: Command = async (services, id, selected) => {
  const targets = await targetContainers(services, { id, selected }, () => true, l10n.t('Copy the ids of which containers?'));
  if (targets.length > 0) await vscode.env.clipboard.writeText(targets.map((container) => container.id).join('\n'));
};
