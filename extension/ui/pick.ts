// Asks which container or image a command is about.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ImageSummary } from '../../protocol/images.js';
import { formatBytes } from '../model/age.js';
import { containersInOrder, imageName, imagesInOrder } from '../model/selectors.js';
import type { WorldStore } from '../model/worldStore.js';
import { describe } from '../views/containerItem.js';
import { stateIcon } from '../views/stateIcon.js';

interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

type Wanted = (container: ContainerSummary) => boolean;

/** Undefined: the user thought better of it, or there is none (which he is told). */
export async function pickContainer(store: WorldStore, isWanted: Wanted, placeHolder: string): Promise<ContainerSummary | undefined> {
  const choices = containerChoices(store, isWanted);
  if (choices.length === 0) return void vscode.window.showInformationMessage(l10n.t('There is no container that this could be done with.'));
  return (await vscode.window.showQuickPick(choices, { placeHolder, matchOnDescription: true }))?.value;
}

export async function pickContainers(store: WorldStore, isWanted: Wanted, placeHolder: string): Promise<readonly ContainerSummary[]> {
  const choices = containerChoices(store, isWanted);
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('There is no container that this could be done with.'));
    return [];
  }
  const picked = await vscode.window.showQuickPick(choices, { placeHolder, matchOnDescription: true, canPickMany: true });
  return picked?.map((choice) => choice.value) ?? [];
}

export async function pickImage(store: WorldStore, placeHolder: string): Promise<ImageSummary | undefined> {
  const choices = imageChoices(store);
  if (choices.length === 0) return void vscode.window.showInformationMessage(l10n.t('There is no image yet.'));
  return (await vscode.window.showQuickPick(choices, { placeHolder }))?.value;
}

export function imageChoices(store: WorldStore): Choice<ImageSummary>[] {
  const icon = new vscode.ThemeIcon('layers');
  return imagesInOrder(store.world).map((value) => ({ label: imageName(value), description: formatBytes(value.sizeBytes), iconPath: icon, value }));
}

function containerChoices(store: WorldStore, isWanted: Wanted): Choice<ContainerSummary>[] {
  const now = Date.now();
  return containersInOrder(store.world)
    .filter(isWanted)
    .map((value) => ({ label: value.name, description: describe(value, now), iconPath: stateIcon(value.state), value }));
}
