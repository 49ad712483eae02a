// Opens the walkthrough that leads to the first container.
import * as vscode from 'vscode';
import type { Command } from '../services.js';

export const openWalkthrough: Command = async () => {
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', 'bulkhead.bulkhead#bulkhead.start', false);
};
