// Shows all that is known of a container, as a JSON document.
import { l10n } from 'vscode';
import { documentUri } from '../../documents/documentUri.js';
import { showDocument } from '../../documents/showDocument.js';
import type { Command } from '../../services.js';
import { targetContainer } from '../targets.js';

export const inspect: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, () => true, l10n.t('Inspect which container?'));
  if (container !== undefined) await showDocument(documentUri({ kind: 'container', id: container.id }, container.name));
};
