// Shows how a container was made: the kernel steps of its operations, and what each took.
import { l10n } from 'vscode';
import { documentUri } from '../../documents/documentUri.js';
import { showPreview } from '../../documents/showDocument.js';
import type { Command } from '../../services.js';
import { targetContainer } from '../targets.js';

export const showLedger: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, () => true, l10n.t('How was which container made?'));
  if (container !== undefined) await showPreview(documentUri({ kind: 'ledger', id: container.id }, container.name));
};
