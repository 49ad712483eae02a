// Copies the names of what is selected in the Registries view, one a line.
import * as vscode from 'vscode';
import type { Command } from '../../services.js';
import { SELECTION } from '../ids.js';

export const copyName: Command = async ({ registriesView }, id, selected) => {
  const names = id === SELECTION ? registriesView.selection : (selected ?? (id === undefined ? [] : [id]));
  if (names.length > 0) await vscode.env.clipboard.writeText(names.join('\n'));
};
