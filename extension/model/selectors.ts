// Questions to the world: what is shown, in which order, and who has a name.
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ImageSummary } from '../../protocol/images.js';
import type { World } from './world.js';

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

export function containerNamed(world: World, name: string): ContainerSummary | undefined {
  return [...world.containers.values()].find((container) => container.name === name);
}

export function containersOfImage(world: World, imageId: string): ContainerSummary[] {
  return containersInOrder(world).filter((container) => container.imageId === imageId);
}

/** `base`, or `base-2`, `base-3`, …: the first that no container has. */
export function freeName(world: World, base: string): string {
  let name = base;
  for (let n = 2; containerNamed(world, name) !== undefined; n += 1) name = `${base}-${n}`;
  return name;
}
