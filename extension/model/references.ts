// What the names of images and registries that people type may mean. Pure; the grammar is the protocol's.
import { DEFAULT_REGISTRY, DEFAULT_TAG, familiarName, parseImageName, registryIn, type ImageName } from '../../protocol/reference.js';

/** As many as the helper takes for one pull. */
const MOST = 8;
/** Docker Hub by the names that its tools and its API have given it. */
const HUB = [DEFAULT_REGISTRY, `index.${DEFAULT_REGISTRY}`, `registry-1.${DEFAULT_REGISTRY}`];

/** The images that `text` may mean: a name without a registry one at each of `search`. None: it is no name of an image. */
export function candidates(text: string, search: readonly string[]): readonly string[] {
  const names = registryIn(text) === null ? search.map((registry) => `${registry}/${text}`) : [text];
  const parsed = names.map(parseImageName).filter((name) => name !== null);
  return [...new Set(parsed.map(wholeName))].slice(0, MOST);
}

/** With its tag, in its short form: `alpine:latest`, `ghcr.io/o/i@sha256:…`. */
export function wholeName(name: ImageName): string {
  const tag = name.tag ?? (name.digest === null ? DEFAULT_TAG : null);
  return `${familiarName(name)}${tag === null ? '' : `:${tag}`}${name.digest === null ? '' : `@${name.digest}`}`;
}

/** With what its short form leaves out: `docker.io/library/alpine:latest`. */
export function fullName(reference: string): string {
  const name = parseImageName(reference);
  if (name === null) return reference;
  return `${name.registry}/${name.repository}${name.tag === null ? '' : `:${name.tag}`}${name.digest === null ? '' : `@${name.digest}`}`;
}

/** Where an image of this name is; `reference` is one. */
export function registryOf(reference: string): string {
  return parseImageName(reference)?.registry ?? DEFAULT_REGISTRY;
}

/** A registry as names have it, whatever address of it is given: `https://index.docker.io/v1/` is `docker.io`. */
export function registryName(address: string): string {
  const host = address
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*$/, '')
    .toLowerCase();
  return HUB.includes(host) ? DEFAULT_REGISTRY : host;
}

/** Whether `name` could be a registry's in the name of an image. */
export function isRegistryName(name: string): boolean {
  return registryIn(`${name}/x`) === name && parseImageName(`${name}/x`) !== null;
}

/** `name` of `name:tag`, and the tag. */
export function splitReference(reference: string): { readonly repository: string; readonly tag: string } {
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) return { repository: reference, tag: '' };
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

const natural = new Intl.Collator('en', { numeric: true });

/** `latest` first, then the others, the highest version first. */
export function compareTags(a: string, b: string): number {
  return Number(b === DEFAULT_TAG) - Number(a === DEFAULT_TAG) || natural.compare(b, a);
}
