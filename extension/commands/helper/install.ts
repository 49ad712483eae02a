// Installs the helper after a question that says what that means, and, when it answers, gives it its first image.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Command, Services } from '../../services.js';
import { showError } from '../../ui/errors.js';
import { importEmbedded } from '../image/importEmbedded.js';

export const install: Command = async (services) => {
  const { installation } = services;
  const yes = installation.isInstalled ? l10n.t('Update') : l10n.t('Install');
  const question = installation.isInstalled ? l10n.t('Update the Bulkhead helper?') : l10n.t('Install the Bulkhead helper?');
  if ((await vscode.window.showInformationMessage(question, { modal: true, detail: installation.describe() }, yes)) !== yes) return;
  onceReady(services, () => {
    if (services.store.world.images.size === 0) importEmbedded(services).catch((error: unknown) => showError(error, services.log));
  });
  installation.install();
};

/** The user may take his time at the password; a helper that he never installs leaves one idle listener. */
function onceReady({ client }: Services, then: () => void): void {
  const subscription = client.onDidChangeState((state) => {
    if (state.status !== 'ready') return;
    subscription.dispose();
    then();
  });
}
