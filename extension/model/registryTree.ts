// The rows of the Registries view. A row's element is the name that it stands for: a registry's, a repository's in it, or an image's
// with its tag; what is said about one is its name with a mark. Pure.
import { isRegistryName, splitReference } from './references.js';

export type RegistryRow =
  | { readonly kind: 'registry'; readonly name: string }
  | { readonly kind: 'repository'; readonly name: string; readonly registry: string }
  | { readonly kind: 'tag'; readonly name: string; readonly tag: string }
  /** Why there are no rows, or no more, below `about`. */
  | { readonly kind: 'note'; readonly about: string };

const NOTE = 'note:';

export function registryRowOf(element: string): RegistryRow {
  if (element.startsWith(NOTE)) return { kind: 'note', about: element.slice(NOTE.length) };
  if (isRegistryName(element)) return { kind: 'registry', name: element };
  const { tag } = splitReference(element);
  return tag === '' ? { kind: 'repository', name: element, registry: element.slice(0, element.indexOf('/')) } : { kind: 'tag', name: element, tag };
}

export function noteElement(about: string): string {
  return `${NOTE}${about}`;
}

/** Undefined: a registry has no parent. */
export function parentElement(element: string): string | undefined {
  const row = registryRowOf(element);
  if (row.kind === 'repository') return row.registry;
  if (row.kind === 'tag') return splitReference(row.name).repository;
  return row.kind === 'note' ? row.about : undefined;
}

/** Each once: first those that names are looked for in, then the others by their names. */
export function registriesInOrder(search: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...search, ...[...others].sort((a, b) => a.localeCompare(b))])].filter(isRegistryName);
}
