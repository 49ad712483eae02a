// Imports the image that came with the extension: nothing is downloaded.
import * as vscode from 'vscode';
import type { Command } from '../../services.js';
import { importArchive } from './importArchive.js';

export const importEmbedded: Command = async (services) => {
  await importArchive(services, vscode.Uri.joinPath(services.extensionUri, 'dist', 'image', 'busybox.tar').fsPath);
};
