// Which containers or images a command is about: those it was invoked on, those selected, or those the user is asked for.
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ImageSummary } from '../../protocol/images.js';
import { rowOf } from '../model/imageTree.js';
import { containerNamed, imageCalled } from '../model/selectors.js';
import type { WorldStore } from '../model/worldStore.js';
import type { Services } from '../services.js';
import { pickContainer, pickContainers, pickImage } from '../ui/pick.js';
import { ASK_AGAIN, SELECTION } from './ids.js';
import { ready } from './ready.js';

export interface Invocation {
  readonly id?: string | undefined;
  readonly selected?: readonly string[] | undefined;
}

export type Wanted = (container: ContainerSummary) => boolean;

/** One container. Undefined: none was chosen. */
export async function targetContainer(services: Services, { id }: Invocation, isWanted: Wanted, question: string): Promise<ContainerSummary | undefined> {
  const { uid } = (await ready(services.client)).caller;
  if (id === SELECTION) return containersOf(services, services.containersView.selection, uid)[0];
  if (id !== undefined && id !== ASK_AGAIN) return containersOf(services, [id], uid)[0];
  return pickContainer(services, isWanted, question);
}

/** The name of the image's row that a command was invoked on; undefined: on none that has one. */
export function referenceAt({ imagesView }: Services, id: string | undefined): string | undefined {
  const row = rowOf((id === SELECTION ? imagesView.selection[0] : id) ?? '');
  return row?.kind === 'image' && row.reference !== '' ? row.reference : undefined;
}

/** Any number of containers; of those that are selected, the ones that the verb applies to. */
export async function targetContainers(
  services: Services,
  { id, selected }: Invocation,
  isWanted: Wanted,
  question: string,
): Promise<readonly ContainerSummary[]> {
  const { uid } = (await ready(services.client)).caller;
  if (id === SELECTION) return containersOf(services, services.containersView.selection, uid).filter(isWanted);
  if (id !== undefined && id !== ASK_AGAIN) return several(containersOf(services, selected ?? [id], uid), isWanted);
  return pickContainers(services, isWanted, question);
}

export async function targetImage(services: Services, { id }: Invocation, question: string): Promise<ImageSummary | undefined> {
  const { uid } = (await ready(services.client)).caller;
  if (id === undefined || id === ASK_AGAIN) return pickImage(services, question);
  return imagesOf(services, id === SELECTION ? services.imagesView.selection : [id], uid)[0];
}

export async function targetImages(services: Services, { id, selected }: Invocation, question: string): Promise<readonly ImageSummary[]> {
  const { uid } = (await ready(services.client)).caller;
  if (id === SELECTION) return imagesOf(services, services.imagesView.selection, uid);
  if (id !== undefined && id !== ASK_AGAIN) return imagesOf(services, selected ?? [id], uid);
  const image = await pickImage(services, question);
  return image === undefined ? [] : [image];
}

/** Of a single one nothing is left out: the helper says best why it can't be. */
function several(containers: readonly ContainerSummary[], isWanted: Wanted): readonly ContainerSummary[] {
  return containers.length === 1 ? containers : containers.filter(isWanted);
}

function containersOf({ store }: Services, references: readonly string[], uid: number): ContainerSummary[] {
  return references.map((reference) => store.container(reference) ?? containerNamed(store.world, reference, uid)).filter((each) => each !== undefined);
}

/** By rows of the view, whole ids or names; each image once. */
function imagesOf({ store }: Services, references: readonly string[], uid: number): ImageSummary[] {
  const found = references.map((reference) => imageAt(store, reference) ?? imageCalled(store.world, reference, uid));
  return [...new Set(found.filter((each) => each !== undefined))];
}

function imageAt(store: WorldStore, element: string): ImageSummary | undefined {
  const row = rowOf(element);
  return row?.kind === 'image' ? store.image(row.id) : undefined;
}
