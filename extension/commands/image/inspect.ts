// Shows an image's configuration, layers and history, as a JSON document.
import { l10n } from 'vscode';
import { documentUri } from '../../documents/documentUri.js';
import { showDocument } from '../../documents/showDocument.js';
import { imageName } from '../../model/selectors.js';
import type { Command } from '../../services.js';
import { targetImage } from '../targets.js';

export const inspect: Command = async (services, id) => {
  const image = await targetImage(services, { id }, l10n.t('Inspect which image?'));
  if (image !== undefined) await showDocument(documentUri({ kind: 'image', id: image.id }, imageName(image)));
};
