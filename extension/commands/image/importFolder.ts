// Imports an image from a folder that holds an OCI image layout.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Command } from '../../services.js';
import { importLayout } from './importArchive.js';

export const importFolder: Command = async (services) => {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: l10n.t('Import an OCI Image Layout'),
      openLabel: l10n.t('Import'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  if (uri !== undefined) await importLayout(services, uri.fsPath);
};
