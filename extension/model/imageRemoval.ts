// What removing rows of the Images view comes to: images with all their names, or single names of images that have others. Pure.
import type { ImageSummary } from '../../protocol/images.js';
import { rowOf, tagsOf, type ImageRow } from './imageTree.js';
import { imageCalled } from './selectors.js';
import type { World } from './world.js';

export interface Removal {
  readonly image: ImageSummary;
  /** Undefined: the image goes, with all its names. */
  readonly names: readonly string[] | undefined;
}

/** `elements`: of rows; a repository's stands for all its tags, a whole id for the image. */
export function removals(world: World, elements: readonly string[], callerUid: number): Removal[] {
  const namesOf = new Map<string, Set<string>>();
  for (const { id, reference } of elements.flatMap((element) => imageRows(world, element))) namesOf.set(id, (namesOf.get(id) ?? new Set()).add(reference));
  return [...namesOf].flatMap(([id, names]) => {
    const image = world.images.get(id);
    return image === undefined ? [] : [{ image, names: isWhole(world, image, names, callerUid) ? undefined : [...names] }];
  });
}

/** Also where a name stands for another image in this caller's requests: his request can't say which he means. */
function isWhole(world: World, { id, references }: ImageSummary, names: ReadonlySet<string>, callerUid: number): boolean {
  return names.has('') || references.every((name) => names.has(name)) || [...names].some((name) => imageCalled(world, name, callerUid)?.id !== id);
}

function imageRows(world: World, element: string): (ImageRow & { readonly kind: 'image' })[] {
  const row = rowOf(element);
  const rows = row?.kind === 'repository' ? tagsOf(world, row.name) : [row];
  return rows.filter((each) => each?.kind === 'image');
}
