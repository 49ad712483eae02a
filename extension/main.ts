// The extension's start: constructs everything, and nothing else constructs.
import * as vscode from 'vscode';
import { HelperClient } from './client/helperClient.js';
import { registerCommands } from './commands/table.js';
import { importPath } from './commands/image/importArchive.js';
import { CONTAINERS_VIEW, IMAGES_VIEW, REGISTRIES_VIEW } from './commands/forEach.js';
import { DocumentFileSystem } from './documents/documentFileSystem.js';
import { HelperInstallation } from './install/helperInstallation.js';
import { WorldStore } from './model/worldStore.js';
import { DockerConfig } from './registries/dockerConfig.js';
import { firstOf, Logins } from './registries/logins.js';
import { Registries } from './registries/registries.js';
import { RegistryContents } from './registries/registryContents.js';
import type { Services } from './services.js';
import { ContainerTerminals } from './terminals/containerTerminals.js';
import { RememberedTerminals } from './terminals/rememberedTerminals.js';
import { registerShellProfile } from './terminals/shellProfile.js';
import { TerminalSources } from './terminals/terminalSources.js';
import { showError } from './ui/errors.js';
import { offerFirstSteps } from './ui/firstSteps.js';
import { offerUpdates } from './ui/offerUpdate.js';
import { Owners } from './ui/owners.js';
import { Settings } from './ui/settings.js';
import { keepAgesFresh } from './views/ageTicker.js';
import { showBadge } from './views/badge.js';
import { ContainersView } from './views/containersView.js';
import { keepContextKeys } from './views/contextKeys.js';
import { ImageDrop } from './views/imageDrop.js';
import { ImagesView } from './views/imagesView.js';
import { RegistriesView } from './views/registriesView.js';
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
  const owners = new Owners(client);
  const installation = new HelperInstallation(context.extensionUri);
  const logins = new Logins(context.secrets);
  const dockerConfig = new DockerConfig();
  const registries = new Registries(settings, firstOf(log, logins, dockerConfig));
  const failed = (error: unknown) => void showError(error, log);
  const sources = new TerminalSources(client, store, settings, failed);
  const terminals = own(new ContainerTerminals(sources, store, new RememberedTerminals(context.workspaceState)));

  const containers = own(new ContainersView(store, client, owners));
  const images = own(new ImagesView(store, client, owners));
  const containersView = own(vscode.window.createTreeView(CONTAINERS_VIEW, { treeDataProvider: containers, canSelectMany: true }));
  const drop = new ImageDrop((file) => importPath(services, file).catch(failed));
  const imagesView = own(vscode.window.createTreeView(IMAGES_VIEW, { treeDataProvider: images, canSelectMany: true, dragAndDropController: drop }));
  const registriesProvider = own(new RegistriesView({ client, contents: new RegistryContents(client, registries), logins, dockerConfig, settings }));
  const registriesView = own(vscode.window.createTreeView(REGISTRIES_VIEW, { treeDataProvider: registriesProvider, canSelectMany: true }));
  own(keepAgesFresh(containersView, containers));
  own(keepAgesFresh(imagesView, images));
  own(showBadge(containersView, store, context.globalState));
  own(keepContextKeys(client, store, () => installation.isInstalled));
  own(keepTourKeys(client, store));
  own(offerUpdates(client, () => installation.isInstalled, versionOf(context.extension), context.globalState));
  own(new DocumentFileSystem(client, store));
  own(registerShellProfile({ client, store, owners, terminals }, failed));

  const services: Services = {
    client,
    store,
    owners,
    settings,
    sources,
    terminals,
    installation,
    registries,
    logins,
    dockerConfig,
    log,
    containersView,
    imagesView,
    registriesView,
    registriesProvider,
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

function versionOf({ packageJSON }: vscode.Extension<unknown>): string {
  return (packageJSON as { readonly version: string }).version;
}

/** The terminals of the window before a reload, as soon as it is known which containers still run. */
function reopenOnce(client: HelperClient, terminals: ContainerTerminals): void {
  const subscription = client.onDidChangeState((state) => {
    if (state.status !== 'ready') return;
    subscription.dispose();
    terminals.reopen();
  });
}
