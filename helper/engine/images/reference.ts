// What names an image in the store. Pure.
import { DEFAULT_TAG, familiarName, parseImageName } from '../../../protocol/reference.js';
import { Failure } from '../failure.js';

export type Reference =
  /** `name:tag`, in its short form. */
  | { readonly kind: 'name'; readonly name: string; /** Digits that may as well be the beginning of an id. */ readonly prefix: string | null }
  | { readonly kind: 'id'; readonly id: string };

const ID = /^sha256:[0-9a-f]{64}$/;
const ID_PREFIX = /^[0-9a-f]{12,64}$/;

/** Throws INVALID_PARAMS. */
export function parseReference(text: string): Reference {
  if (ID.test(text)) return { kind: 'id', id: text };
  const digest = /@(.*)$/.exec(text)?.[1];
  if (digest !== undefined) return parseDigest(text, digest);
  return { kind: 'name', name: parseName(text), prefix: ID_PREFIX.test(text) ? text : null };
}

/** `name[:tag]` as it is kept: with its tag, without what says Docker Hub. Throws INVALID_PARAMS. */
export function parseName(text: string): string {
  const name = tryParseName(text);
  if (name === null) throw new Failure('INVALID_PARAMS', { field: 'reference', object: text, reason: 'is not a name of an image' });
  return name;
}

/** As {@link parseName}; null: it is none. */
export function tryParseName(text: string): string | null {
  const name = parseImageName(text);
  return name === null || name.digest !== null ? null : `${familiarName(name)}:${name.tag ?? DEFAULT_TAG}`;
}

function parseDigest(text: string, digest: string): Reference {
  if (!ID.test(digest)) throw new Failure('INVALID_PARAMS', { field: 'reference', object: text, reason: 'is not a digest' });
  return { kind: 'id', id: digest };
}
