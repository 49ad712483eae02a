// The rows of the Images view: what is being pulled, then the images by repository and tag, then those without a name. A row's element
// is a text of its own that never changes: an image of two names has two rows. Pure.
import type { ImageSummary } from '../../protocol/images.js';
import { compareTags, splitReference } from './references.js';
import type { World } from './world.js';

export type ImageRow =
  | { readonly kind: 'pull'; readonly id: string }
  | { readonly kind: 'pullLayer'; readonly id: string; readonly at: number }
  | { readonly kind: 'repository'; readonly name: string }
  /** `reference`: which of its names; empty: it has none. */
  | { readonly kind: 'image'; readonly id: string; readonly reference: string }
  | { readonly kind: 'layer'; readonly id: string; readonly reference: string; readonly at: number };

const PULL = /^pull:([0-9a-f]{32})(?:\/(\d+))?$/;
const IMAGE = /^(?:(?!layer:|repository:)(.*)@)?(sha256:[0-9a-f]{64})$/;
const LAYER = /^layer:(\d+):(.*)@(sha256:[0-9a-f]{64})$/;
const REPOSITORY = /^repository:(.+)$/;

/** Undefined: `element` is none of a row. An image's whole id stands for the image with all its names. */
export function rowOf(element: string): ImageRow | undefined {
  const [, pull, pullLayer] = PULL.exec(element) ?? [];
  if (pull !== undefined) return pullLayer === undefined ? { kind: 'pull', id: pull } : { kind: 'pullLayer', id: pull, at: Number(pullLayer) };
  const [, at, named = '', layered] = LAYER.exec(element) ?? [];
  if (layered !== undefined) return { kind: 'layer', id: layered, reference: named, at: Number(at) };
  const [, repository] = REPOSITORY.exec(element) ?? [];
  if (repository !== undefined) return { kind: 'repository', name: repository };
  const [, reference = '', id] = IMAGE.exec(element) ?? [];
  return id === undefined ? undefined : { kind: 'image', id, reference };
}

export function elementOf(row: ImageRow): string {
  switch (row.kind) {
    case 'pull':
      return `pull:${row.id}`;
    case 'pullLayer':
      return `pull:${row.id}/${row.at}`;
    case 'repository':
      return `repository:${row.name}`;
    case 'image':
      return `${row.reference}@${row.id}`;
    case 'layer':
      return `layer:${row.at}:${row.reference}@${row.id}`;
  }
}

/** A repository of one tag is that tag's row; others are groups. */
export function rootRows(world: World): ImageRow[] {
  const pulls = [...world.pulls.values()].sort((a, b) => a.startedMs - b.startedMs).map(({ id }): ImageRow => ({ kind: 'pull', id }));
  const groups = [...repositories(world)].sort(([a], [b]) => a.localeCompare(b));
  const named = groups.flatMap(([name, tags]): ImageRow[] => (tags.length === 1 ? tags : [{ kind: 'repository', name }]));
  const nameless = [...world.images.values()].filter(({ references }) => references.length === 0).sort((a, b) => b.importedMs - a.importedMs);
  return [...pulls, ...named, ...nameless.map(({ id }): ImageRow => ({ kind: 'image', id, reference: '' }))];
}

export function tagsOf(world: World, repository: string): ImageRow[] {
  return repositories(world).get(repository) ?? [];
}

/** The group that the row is in; undefined: it is in none. */
export function groupOf(world: World, reference: string): ImageRow | undefined {
  const { repository } = splitReference(reference);
  return tagsOf(world, repository).length > 1 ? { kind: 'repository', name: repository } : undefined;
}

/** Whether a row stands alone or in its repository's group. */
export function isGrouped(world: World, reference: string): boolean {
  return groupOf(world, reference) !== undefined;
}

type TagRow = ImageRow & { readonly kind: 'image' };

function repositories(world: World): Map<string, TagRow[]> {
  const groups = new Map<string, TagRow[]>();
  for (const row of [...world.images.values()].flatMap(tagRows)) {
    const { repository } = splitReference(row.reference);
    groups.set(repository, [...(groups.get(repository) ?? []), row]);
  }
  for (const rows of groups.values()) rows.sort((a, b) => compareTags(splitReference(a.reference).tag, splitReference(b.reference).tag));
  return groups;
}

function tagRows({ id, references }: ImageSummary): TagRow[] {
  return references.map((reference) => ({ kind: 'image', id, reference }));
}
