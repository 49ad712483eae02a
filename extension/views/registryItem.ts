// A registry, a repository or a tag of it, and what is said about one, as rows.
import { l10n, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { CommandId } from '../commands/ids.js';

const PULL: CommandId = 'bulkhead.image.pull';

export interface RegistryLook {
  /** Whose login it is: this extension's, Docker's configuration's, or there is none. */
  readonly login: 'ours' | 'docker' | 'none';
  readonly isInsecure: boolean;
}

export function registryItem(name: string, look: RegistryLook): TreeItem {
  const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
  item.description = lookWords(look);
  item.iconPath = new ThemeIcon(look.isInsecure ? 'unlock' : 'server');
  item.contextValue = `registry;${look.login === 'ours' ? 'login;' : ''}`;
  item.accessibilityInformation = { label: [l10n.t('Registry {0}', name), item.description].filter((part) => part !== '').join(', ') };
  return item;
}

function lookWords({ login, isInsecure }: RegistryLook): string {
  const words = [
    ...(login === 'ours' ? [l10n.t('logged in')] : []),
    ...(login === 'docker' ? [l10n.t('logged in by Docker')] : []),
    ...(isInsecure ? [l10n.t('insecure')] : []),
  ];
  return words.join(' · ');
}

/** `name`: with its registry, whose row it is below. */
export function repositoryItem(name: string, registry: string): TreeItem {
  const item = new TreeItem(name.slice(registry.length + 1), TreeItemCollapsibleState.Collapsed);
  item.iconPath = new ThemeIcon('repo');
  item.contextValue = 'repository;';
  item.tooltip = name;
  item.accessibilityInformation = { label: l10n.t('Repository {0}', name) };
  return item;
}

export function tagItem(name: string, tag: string): TreeItem {
  const item = new TreeItem(tag);
  item.iconPath = new ThemeIcon('tag');
  item.contextValue = 'tag;';
  item.tooltip = name;
  item.accessibilityInformation = { label: l10n.t('Image {0}', name) };
  return item;
}

/** `isOfRegistry`: it stands where repositories would; whoever opens it is asked for a name. */
export function noteItem(words: string, isOfRegistry: boolean): TreeItem {
  const item = new TreeItem(words);
  item.iconPath = new ThemeIcon('info');
  item.tooltip = words;
  item.accessibilityInformation = { label: words };
  if (isOfRegistry) item.command = { command: PULL, title: l10n.t('Pull by name') };
  return item;
}
