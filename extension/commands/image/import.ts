// Imports an image from an archive that the user picks.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Command } from '../../services.js';
import { importArchive } from './importArchive.js';

export const importFile: Command = async (services) => {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: l10n.t('Import an Image'),
      openLabel: l10n.t('Import'),
      filters: { [l10n.t('Image archives')]: ['tar', 'tar.gz', 'tgz', 'tar.zst', 'gz', 'zst', 'oci'], [l10n.t('All files')]: ['*'] },
    })) ?? [];
  if (uri !== undefined) await importArchive(services, uri.fsPath);
};
