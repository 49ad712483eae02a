// Our virtual documents as a file system that nobody can write to: VS Code activates us when one is restored after a reload, shows
// them as read-only, and reads them again when we say that they have changed. Their content is asked of the helper each time.
import * as vscode from 'vscode';
import type { HelperClient } from '../client/helperClient.js';
import type { WorldEvent, WorldStore } from '../model/worldStore.js';
import { explain } from '../ui/errors.js';
import { SCHEME, subjectOf, type DocumentSubject } from './documentUri.js';
import { ledgerText } from './ledgerText.js';

export class DocumentFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  private readonly subscriptions: { dispose(): void }[];
  /** When a subject last changed, by its id: what VS Code compares to know whether it must read again. */
  private readonly changedMs = new Map<string, number>();
  private readonly startedMs = Date.now();
  readonly onDidChangeFile = this.changed.event;

  constructor(
    private readonly client: HelperClient,
    store: WorldStore,
  ) {
    this.subscriptions = [
      store.onDidChange((event) => this.follow(event)),
      client.onDidChangeState(({ status }) => status === 'ready' && this.readAllAgain()),
      vscode.workspace.registerFileSystemProvider(SCHEME, this, { isReadonly: true, isCaseSensitive: true }),
    ];
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const subject = subjectOf(uri) ?? refuse(vscode.FileSystemError.FileNotFound(uri));
    // What can't be had is told where the content would be: an open editor has no better place for it.
    const text = await this.content(subject).catch((error: unknown) => explain(error).message);
    return Buffer.from(text, 'utf8');
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const subject = subjectOf(uri) ?? refuse(vscode.FileSystemError.FileNotFound(uri));
    return {
      type: vscode.FileType.File,
      ctime: this.startedMs,
      mtime: this.changedMs.get(subject.id) ?? this.startedMs,
      size: 0,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  /** Changes are told of all open documents, watched or not. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(uri: vscode.Uri): never {
    return refuse(vscode.FileSystemError.FileNotADirectory(uri));
  }

  createDirectory = refuseToWrite;
  writeFile = refuseToWrite;
  delete = refuseToWrite;
  rename = refuseToWrite;

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  private async content({ kind, id }: DocumentSubject): Promise<string> {
    if (kind === 'image') return json(await this.client.call('image/inspect', { image: id }));
    const details = await this.client.call('container/inspect', { container: id });
    return kind === 'ledger' ? ledgerText(details) : json(details);
  }

  /** Documents that are open keep up with their container or image. What is gone keeps its last words. */
  private follow({ change: { containers, images } }: WorldEvent): void {
    for (const id of [...containers.removed, ...images.removed]) this.changedMs.delete(id);
    this.readAgain(new Set([...containers.updated, ...images.updated]));
  }

  /** What was read while there was no helper says so; what was read before may have changed meanwhile. */
  private readAllAgain(): void {
    const subjects = vscode.workspace.textDocuments.map(({ uri }) => subjectOf(uri)).filter((subject) => subject !== undefined);
    this.readAgain(new Set(subjects.map(({ id }) => id)));
  }

  private readAgain(ids: ReadonlySet<string>): void {
    for (const id of ids) this.changedMs.set(id, Date.now());
    const open = vscode.workspace.textDocuments.filter(({ uri }) => ids.has(subjectOf(uri)?.id ?? ''));
    if (open.length > 0) this.changed.fire(open.map(({ uri }) => ({ type: vscode.FileChangeType.Changed, uri })));
  }
}

function refuse(error: vscode.FileSystemError): never {
  throw error;
}

function refuseToWrite(uri: vscode.Uri): never {
  return refuse(vscode.FileSystemError.NoPermissions(uri));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
