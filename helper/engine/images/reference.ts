// What names an image. Pure.
import { Failure } from '../failure.js';

export type Reference =
  /** `name:tag`, in its short form. */
  | { readonly kind: 'name'; readonly name: string; /** Digits that may as well be the beginning of an id. */ readonly prefix: string | null }
  | { readonly kind: 'id'; readonly id: string };

const ID = /^sha256:[0-9a-f]{64}$/;
const ID_PREFIX = /^[0-9a-f]{12,64}$/;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const HOST = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?';
const NAME = new RegExp(`^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const LONGEST = 255;
const DEFAULT_TAG = 'latest';

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
  const colon = text.lastIndexOf(':');
  const hasTag = colon > text.lastIndexOf('/');
  const name = hasTag ? text.slice(0, colon) : text;
  const tag = hasTag ? text.slice(colon + 1) : DEFAULT_TAG;
  if (text.length > LONGEST || !NAME.test(name) || !TAG.test(tag)) return null;
  return `${familiar(name)}:${tag}`;
}

function familiar(name: string): string {
  return name.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\/([^/]+)$/, '$1');
}

function parseDigest(text: string, digest: string): Reference {
  if (!ID.test(digest)) throw new Failure('INVALID_PARAMS', { field: 'reference', object: text, reason: 'is not a digest' });
  return { kind: 'id', id: digest };
}
