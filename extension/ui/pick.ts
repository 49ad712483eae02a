// Asks which container or image a command is about.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ImageSummary } from '../../protocol/images.js';
import { formatBytes } from '../model/age.js';
import { containersInOrder, imageName, imagesInOrder } from '../model/selectors.js';
import type { WorldStore } from '../model/worldStore.js';
import { ofOwner } from './format.js';
import type { Owners } from './owners.js';
import { describe } from '../views/containerItem.js';
import { stateIcon } from '../views/stateIcon.js';

/** What there is to pick from, and whose it is. */
export interface PickFrom {
  readonly store: WorldStore;
  readonly owners: Owners;
}

interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

type Wanted = (container: ContainerSummary) => boolean;

/** Undefined: the user thought better of it, or there is none (which he is told). */
export async function pickContainer(from: PickFrom, isWanted: Wanted, placeHolder: string): Promise<ContainerSummary | undefined> {
  const choices = containerChoices(from, isWanted);
  if (choices.length === 0) return void vscode.window.showInformationMessage(l10n.t('There is no container that this could be done with.'));
  return (await vscode.window.showQuickPick(choices, { placeHolder, matchOnDescription: true }))?.value;
}

export async function pickContainers(from: PickFrom, isWanted: Wanted, placeHolder: string): Promise<readonly ContainerSummary[]> {
  const choices = containerChoices(from, isWanted);
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('There is no container that this could be done with.'));
    return [];
  }
  const picked = await vscode.window.showQuickPick(choices, { placeHolder, matchOnDescription: true, canPickMany: true });
  return picked?.map((choice) => choice.value) ?? [];
}

export async function pickImage({ store, owners }: PickFrom, placeHolder: string): Promise<ImageSummary | undefined> {
  const choices = imageChoices(store, owners);
  if (choices.length === 0) return void vscode.window.showInformationMessage(l10n.t('There is no image yet.'));
  return (await vscode.window.showQuickPick(choices, { placeHolder }))?.value;
}

export function imageChoices(store: WorldStore, owners: Owners): Choice<ImageSummary>[] {
  const iconPath = new vscode.ThemeIcon('layers');
  return imagesInOrder(store.world).map((value) => {
    const owner = owners.other(value.ownerUid);
    const description = [formatBytes(value.sizeBytes), ...(owner === undefined ? [] : [ofOwner(owner)])].join(' · ');
    return { label: imageName(value), description, iconPath, value };
  });
}

function containerChoices({ store, owners }: PickFrom, isWanted: Wanted): Choice<ContainerSummary>[] {
  const now = Date.now();
  return containersInOrder(store.world)
    .filter(isWanted)
    .map((value) => ({ label: value.name, description: describe(value, now, owners.other(value.ownerUid)), iconPath: stateIcon(value.state), value }));
}
