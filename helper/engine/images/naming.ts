// Which names an import gives, and which a removal takes. Pure.
import { conflict } from '../failure.js';
import type { Image } from './image.js';
import { parseReference, tryParseName } from './reference.js';

/** The name that the caller gives, and it alone; else the archive's own, as far as they are names. */
export function namesOf(names: readonly string[], reference: string | undefined): readonly string[] {
  if (reference !== undefined) return [reference];
  return [...new Set(names.map(tryParseName).filter((name) => name !== null))];
}

/** Throws CONFLICT when an id would take several names, unless it may. */
export function namesToRemove(image: Image, text: string, mayTakeSeveral: boolean): readonly string[] {
  const reference = parseReference(text);
  if (reference.kind === 'name' && image.references.includes(reference.name)) return [reference.name];
  if (image.references.length > 1 && !mayTakeSeveral) throw conflict(text, 'the image has several names');
  return image.references;
}
