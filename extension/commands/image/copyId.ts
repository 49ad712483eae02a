// Copies the ids of images, one a line.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Command } from '../../services.js';
import { targetImages } from '../targets.js';

export const copyId: Command = async (services, id, selected) => {
  const targets = await targetImages(services, { id, selected }, l10n.t('Copy the id of which image?'));
  if (targets.length > 0) await vscode.env.clipboard.writeText(targets.map((image) => image.id).join('\n'));
};
