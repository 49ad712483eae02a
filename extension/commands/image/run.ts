// Runs a container from an image of the view.
import { l10n } from 'vscode';
import type { Command } from '../../services.js';
import { runFrom } from '../container/run.js';
import { targetImage } from '../targets.js';

export const run: Command = async (services, id) => {
  const image = await targetImage(services, { id }, l10n.t('Run a container from which image?'));
  if (image !== undefined) await runFrom(services, image);
};
