// The extension's start: constructs everything, and nothing else constructs.
import * as vscode from 'vscode';
import { HelperClient } from './client/helperClient.js';
import { registerCommands } from './commands/table.js';
import { CONTAINERS_VIEW, IMAGES_VIEW } from './commands/forEach.js';
import { DocumentFileSystem } from './documents/documentFileSystem.js';
import { HelperInstallation } from './install/helperInstallation.js';
import { WorldStore } from './model/worldStore.js';
import type { Services } from './services.js';
import { ContainerTerminals } from './terminals/containerTerminals.js';
import { RememberedTerminals } from './terminals/rememberedTerminals.js';
import { registerShellProfile } from './terminals/shellProfile.js';
import { offerFirstSteps } from './ui/firstSteps.js';
import { Settings } from './ui/settings.js';
import { keepAgesFresh } from './views/ageTicker.js';
import { showBadge } from './views/badge.js';
import { ContainersView } from './views/containersView.js';
import { keepContextKeys } from './views/contextKeys.js';
import { ImagesView } from './views/imagesView.js';
import { keepTourKeys } from './views/tourKeys.js';

/** In a test run, what the suite looks at; otherwise nothing. */
export function activate(context: vscode.ExtensionContext): Services | undefined {
  const { subscriptions } = context;
  const own = <T extends { dispose(): void }>(value: T): T => {
    subscriptions.push(value);
    return value;
  };
  const log = own(vscode.window.createOutputChannel('Bulkhead', { log: true }));
  const settings = new Settings();
  const store = own(new WorldStore());
  const client = own(new HelperClient(settings.socketPath, store, log));
  const installation = new HelperInstallation(context.extensionUri);
  const terminals = own(new ContainerTerminals(client, store, settings, new RememberedTerminals(context.workspaceState)));

  const containers = own(new ContainersView(store, client));
  const images = own(new ImagesView(store));
  const containersView = own(vscode.window.createTreeView(CONTAINERS_VIEW, { treeDataProvider: containers, canSelectMany: true }));
  const imagesView = own(vscode.window.createTreeView(IMAGES_VIEW, { treeDataProvider: images, canSelectMany: true }));
  own(keepAgesFresh(containersView, containers));
  own(keepAgesFresh(imagesView, images));
  own(showBadge(containersView, store, context.globalState));
  own(keepContextKeys(client, store, () => installation.isInstalled));
  own(keepTourKeys(client, store));
  own(new DocumentFileSystem(client, store));
  own(registerShellProfile(store, terminals));

  const services: Services = {
    client,
    store,
    settings,
    terminals,
    installation,
    log,
    containersView,
    imagesView,
    workspaceState: context.workspaceState,
    extensionUri: context.extensionUri,
  };
  own(registerCommands(services));
  own(settings.onDidChangeSocketPath(() => client.connect(settings.socketPath)));
  reopenOnce(client, terminals);
  client.connect();
  if (context.extensionMode === vscode.ExtensionMode.Test) return services;
  void offerFirstSteps(client, store, context.globalState);
  return undefined;
}

/** The terminals of the window before a reload, as soon as it is known which containers still run. */
function reopenOnce(client: HelperClient, terminals: ContainerTerminals): void {
  const subscription = client.onDidChangeState((state) => {
    if (state.status !== 'ready') return;
    subscription.dispose();
    terminals.reopen();
  });
}
