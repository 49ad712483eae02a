// Archives that are dropped on the Images view: of this machine's files, or sent by the browser in which the window runs.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

const URI_LIST = 'text/uri-list';
const FILES = 'files';

export class ImageDrop implements vscode.TreeDragAndDropController<string> {
  readonly dragMimeTypes: readonly string[] = [];
  readonly dropMimeTypes = [URI_LIST, FILES];

  /** `importFile` is given one after the other, and tells of its failures itself. */
  constructor(private readonly importFile: (file: string) => Promise<void>) {}

  async handleDrop(_target: string | undefined, dropped: vscode.DataTransfer, token: vscode.CancellationToken): Promise<void> {
    const files = await filesOfList(dropped.get(URI_LIST));
    for (const file of files) await this.importFile(file);
    if (files.length > 0) return;
    for (const [, item] of dropped) {
      const file = item.asFile();
      if (file !== undefined && !token.isCancellationRequested) await this.importSent(file);
    }
  }

  private async importSent(file: vscode.DataTransferFile): Promise<void> {
    if (file.uri?.scheme === 'file') return this.importFile(file.uri.fsPath);
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'bulkhead-drop-'));
    try {
      const copy = path.join(folder, path.basename(file.name));
      await fs.writeFile(copy, await file.data());
      await this.importFile(copy);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  }
}

async function filesOfList(item: vscode.DataTransferItem | undefined): Promise<readonly string[]> {
  const list = (await item?.asString()) ?? '';
  const uris = list.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  return uris
    .map((line) => vscode.Uri.parse(line))
    .filter(({ scheme }) => scheme === 'file' || scheme === 'vscode-remote')
    .map(({ path: file }) => file);
}
