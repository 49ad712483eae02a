// Questions to the world: what is shown, in which order, and who has a name.
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ImageSummary } from '../../protocol/images.js';
import type { World } from './world.js';

const ROOT = 0;
const WHOLE_ID = /^sha256:[0-9a-f]{64}$/;

/** The newest first: a container keeps its place whatever its state. */
export function containersInOrder(world: World): ContainerSummary[] {
  return [...world.containers.values()].sort((a, b) => b.createdMs - a.createdMs || a.name.localeCompare(b.name));
}

/** Named ones by name, then the nameless, the newest first. */
export function imagesInOrder(world: World): ImageSummary[] {
  return [...world.images.values()].sort(
    (a, b) => Number(a.references.length === 0) - Number(b.references.length === 0) || imageName(a).localeCompare(imageName(b)) || b.importedMs - a.importedMs,
  );
}

/** Its first reference, or the short form of its id. */
export function imageName(image: ImageSummary): string {
  return image.references[0] ?? shortImageId(image.id);
}

export function shortImageId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function shortContainerId(id: string): string {
  return id.slice(0, 12);
}

/** Names are an owner's: another's container may have the same. */
export function containerNamed(world: World, name: string, ownerUid: number): ContainerSummary | undefined {
  return [...world.containers.values()].find((container) => container.name === name && container.ownerUid === ownerUid);
}

/** The image that `name` (or a whole id) names for a caller: his own, then root's, as the helper has it. */
export function imageCalled(world: World, name: string, callerUid: number): ImageSummary | undefined {
  const named = [...world.images.values()].filter(({ references }) => references.includes(name));
  return world.images.get(name) ?? named.find(({ ownerUid }) => ownerUid === callerUid) ?? named.find(({ ownerUid }) => ownerUid === ROOT);
}

/** What names this image, and no other, in a caller's request: a name of it, unless that names another one for him; else its whole id. */
export function imageTarget(world: World, image: ImageSummary, callerUid: number): string {
  return image.references.find((name) => imageCalled(world, name, callerUid)?.id === image.id) ?? image.id;
}

/** A container's image as people read it: it says what it was asked for, which may be a whole id. */
export function imageWords({ image }: ContainerSummary): string {
  return WHOLE_ID.test(image) ? shortImageId(image) : image;
}

export function containersOfImage(world: World, imageId: string): ContainerSummary[] {
  return containersInOrder(world).filter((container) => container.imageId === imageId);
}

/** `base`, or `base-2`, `base-3`, …: the first that no container of this owner has. */
export function freeName(world: World, base: string, ownerUid: number): string {
  let name = base;
  for (let n = 2; containerNamed(world, name, ownerUid) !== undefined; n += 1) name = `${base}-${n}`;
  return name;
}
