// Which containers or images a command is about: those it was invoked on, those selected, or those the user is asked for.
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ImageSummary } from '../../protocol/images.js';
import { containerNamed } from '../model/selectors.js';
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
  await ready(services.client);
  if (id === SELECTION) return containersOf(services, services.containersView.selection)[0];
  if (id !== undefined && id !== ASK_AGAIN) return containersOf(services, [id])[0];
  return pickContainer(services.store, isWanted, question);
}

/** Any number of containers; of those that are selected, the ones that the verb applies to. */
export async function targetContainers(
  services: Services,
  { id, selected }: Invocation,
  isWanted: Wanted,
  question: string,
): Promise<readonly ContainerSummary[]> {
  await ready(services.client);
  if (id === SELECTION) return containersOf(services, services.containersView.selection).filter(isWanted);
  if (id !== undefined && id !== ASK_AGAIN) return several(containersOf(services, selected ?? [id]), isWanted);
  return pickContainers(services.store, isWanted, question);
}

export async function targetImage(services: Services, { id }: Invocation, question: string): Promise<ImageSummary | undefined> {
  await ready(services.client);
  if (id === undefined || id === ASK_AGAIN) return pickImage(services.store, question);
  return imagesOf(services, id === SELECTION ? services.imagesView.selection : [id])[0];
}

export async function targetImages(services: Services, { id, selected }: Invocation, question: string): Promise<readonly ImageSummary[]> {
  await ready(services.client);
  if (id === SELECTION) return imagesOf(services, services.imagesView.selection);
  if (id !== undefined && id !== ASK_AGAIN) return imagesOf(services, selected ?? [id]);
  const image = await pickImage(services.store, question);
  return image === undefined ? [] : [image];
}

/** Of a single one nothing is left out: the helper says best why it can't be. */
function several(containers: readonly ContainerSummary[], isWanted: Wanted): readonly ContainerSummary[] {
  return containers.length === 1 ? containers : containers.filter(isWanted);
}

function containersOf({ store }: Services, references: readonly string[]): ContainerSummary[] {
  return references.map((reference) => store.container(reference) ?? containerNamed(store.world, reference)).filter((each) => each !== undefined);
}

function imagesOf({ store }: Services, references: readonly string[]): ImageSummary[] {
  const find = (reference: string) => store.image(reference) ?? [...store.world.images.values()].find((image) => image.references.includes(reference));
  return references.map(find).filter((each) => each !== undefined);
}
