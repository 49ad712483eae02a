// The tree of registries: those that are configured or logged in to, their repositories where they list them, and the tags of each.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CallError } from '../client/callError.js';
import type { HelperClient } from '../client/helperClient.js';
import { noteElement, parentElement, registriesInOrder, registryRowOf } from '../model/registryTree.js';
import { registryName } from '../model/references.js';
import type { DockerConfig } from '../registries/dockerConfig.js';
import type { Logins } from '../registries/logins.js';
import type { RegistrySettings } from '../registries/registries.js';
import type { Names, RegistryContents } from '../registries/registryContents.js';
import { explain } from '../ui/errors.js';
import { noteItem, registryItem, repositoryItem, tagItem, type RegistryLook } from './registryItem.js';

export interface RegistrySources {
  readonly client: HelperClient;
  readonly contents: RegistryContents;
  readonly logins: Logins;
  readonly dockerConfig: DockerConfig;
  readonly settings: { readonly registries: RegistrySettings; onDidChangeRegistries(listener: () => void): vscode.Disposable };
}

export class RegistriesView implements vscode.TreeDataProvider<string>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly subscriptions: { dispose(): void }[];
  /** By what it is about: why there are no rows, or no more. */
  private readonly notes = new Map<string, string>();
  private looks: ReadonlyMap<string, RegistryLook> = new Map();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly sources: RegistrySources) {
    const refresh = () => this.refresh();
    const { client, logins, settings } = sources;
    this.subscriptions = [logins.onDidChange(refresh), settings.onDidChangeRegistries(refresh), client.onDidChangeState(refresh)];
  }

  /** Asks the registries again. */
  refresh(): void {
    this.sources.contents.forget();
    this.notes.clear();
    this.changed.fire(undefined);
  }

  async getChildren(element?: string): Promise<string[]> {
    const { client, contents } = this.sources;
    if (client.state.status !== 'ready') return [];
    if (element === undefined) return this.registries();
    const row = registryRowOf(element);
    if (row.kind === 'registry') return this.rows(element, contents.repositoriesOf(row.name));
    return row.kind === 'repository' ? this.rows(element, contents.tagsOf(row.name)) : [];
  }

  getTreeItem(element: string): vscode.TreeItem {
    const item = this.item(element);
    item.id = element;
    return item;
  }

  getParent(element: string): string | undefined {
    return parentElement(element);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  private item(element: string): vscode.TreeItem {
    const row = registryRowOf(element);
    switch (row.kind) {
      case 'registry':
        return registryItem(row.name, this.looks.get(row.name) ?? { login: 'none', isInsecure: false });
      case 'repository':
        return repositoryItem(row.name, row.registry);
      case 'tag':
        return tagItem(row.name, row.tag);
      case 'note':
        return noteItem(this.notes.get(row.about) ?? '', registryRowOf(row.about).kind === 'registry');
    }
  }

  private async registries(): Promise<string[]> {
    const { logins, dockerConfig, settings } = this.sources;
    const { search, insecure } = settings.registries;
    const [ours, dockers] = await Promise.all([logins.registries(), dockerConfig.registries()]);
    const names = registriesInOrder(search.map(registryName), [...insecure.map(registryName), ...ours, ...dockers]);
    this.looks = new Map(
      names.map((name) => [
        name,
        { login: ours.includes(name) ? 'ours' : dockers.includes(name) ? 'docker' : 'none', isInsecure: insecure.map(registryName).includes(name) },
      ]),
    );
    return [...names];
  }

  private async rows(about: string, asked: Promise<Names>): Promise<string[]> {
    try {
      const { names, isComplete } = await asked;
      if (isComplete && names.length > 0) return [...names];
      this.notes.set(about, names.length === 0 ? l10n.t('There is nothing here.') : l10n.t('These are the first {0}.', names.length));
      return [...names, noteElement(about)];
    } catch (error) {
      this.notes.set(about, noteOf(error, registryRowOf(about).kind === 'registry'));
      return [noteElement(about)];
    }
  }
}

/** Many registries list their repositories to nobody, and say so in different ways. */
function noteOf(error: unknown, isList: boolean): string {
  const data = error instanceof CallError && error.data.code === 'REGISTRY' ? error.data : undefined;
  const kind = data?.registry;
  if (kind === 'unreachable') return l10n.t('It can’t be reached: {0}.', data?.reason ?? '–');
  if (isList && (kind === 'unauthorized' || kind === 'denied' || kind === 'not-found' || kind === 'malformed'))
    return l10n.t('It does not list its repositories to you. Pull by name.');
  return explain(error).message;
}
