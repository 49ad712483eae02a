// What main.ts constructs and commands are given. Types only.
import type * as vscode from 'vscode';
import type { HelperClient } from './client/helperClient.js';
import type { HelperInstallation } from './install/helperInstallation.js';
import type { WorldStore } from './model/worldStore.js';
import type { DockerConfig } from './registries/dockerConfig.js';
import type { Logins } from './registries/logins.js';
import type { Registries } from './registries/registries.js';
import type { ContainerTerminals } from './terminals/containerTerminals.js';
import type { TerminalSources } from './terminals/terminalSources.js';
import type { Owners } from './ui/owners.js';
import type { Settings } from './ui/settings.js';
import type { RegistriesView } from './views/registriesView.js';

export interface Services {
  readonly client: HelperClient;
  readonly store: WorldStore;
  readonly owners: Owners;
  readonly settings: Settings;
  readonly sources: TerminalSources;
  readonly terminals: ContainerTerminals;
  readonly installation: HelperInstallation;
  readonly registries: Registries;
  readonly logins: Logins;
  /** Logins that are not ours to change. */
  readonly dockerConfig: DockerConfig;
  readonly log: vscode.LogOutputChannel;
  readonly containersView: vscode.TreeView<string>;
  readonly imagesView: vscode.TreeView<string>;
  readonly registriesView: vscode.TreeView<string>;
  /** What the view of the registries shows. */
  readonly registriesProvider: RegistriesView;
  /** Remembers for this workspace. */
  readonly workspaceState: vscode.Memento;
  /** Where the extension's own files are, the embedded image among them. */
  readonly extensionUri: vscode.Uri;
}

/**
 * `id`: what the command was invoked on (a tree item's element, or a name from a button), SELECTION, ASK_AGAIN, or nothing (the
 * palette). `selected`: all that is selected in the view, if `id` is one of them.
 */
export type Command = (services: Services, id?: string, selected?: readonly string[]) => Promise<void>;
