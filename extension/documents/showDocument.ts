// Opens virtual documents: as text, or rendered where VS Code can render them.
import * as vscode from 'vscode';

export async function showDocument(uri: vscode.Uri): Promise<void> {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
}

/** A Markdown document, rendered; as text, should the built-in Markdown extension be switched off. */
export async function showPreview(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    await showDocument(uri);
  }
}
