// The names of images, as the distribution project's grammar has them, with Docker Hub's short forms. Pure.
// https://github.com/distribution/reference/blob/main/reference.go

export interface ImageName {
  /** As written: `docker.io`, `ghcr.io`, `localhost:5000`. */
  readonly registry: string;
  /** Without the registry: `library/alpine`, `owner/image`. */
  readonly repository: string;
  /** Absent: only a digest, or nothing, was given. */
  readonly tag: string | null;
  readonly digest: string | null;
}

export const DEFAULT_REGISTRY = 'docker.io';
export const DEFAULT_TAG = 'latest';

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const REGISTRY = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9A-Fa-f:]{2,39}\\])(?::[0-9]{1,5})?$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** Of the name without tag and digest. */
const LONGEST_NAME = 255;

/** Null: it is no name of an image. */
export function parseImageName(text: string): ImageName | null {
  const at = text.indexOf('@');
  const digest = at < 0 ? null : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : null;
  const { registry, repository } = split(hasTag ? named.slice(0, colon) : named);
  if (!REGISTRY.test(registry) || !PATH.test(repository) || registry.length + repository.length + 1 > LONGEST_NAME) return null;
  if ((tag !== null && !TAG.test(tag)) || (digest !== null && !DIGEST.test(digest))) return null;
  return { registry, repository, tag, digest };
}

function split(name: string): Pick<ImageName, 'registry' | 'repository'> {
  const first = registryIn(name);
  if (first !== null && first !== DEFAULT_REGISTRY && first !== `index.${DEFAULT_REGISTRY}`)
    return { registry: first, repository: name.slice(first.length + 1) };
  const rest = first === null ? name : name.slice(first.length + 1);
  return { registry: DEFAULT_REGISTRY, repository: rest.includes('/') ? rest : `library/${rest}` };
}

/** The registry that a name begins with; null: none, so that a list of registries may be searched. It is one when it can't be part of a path. */
export function registryIn(name: string): string | null {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  return /[.:[A-Z]/.test(first) || first === 'localhost' ? first : null;
}

/** `registry/repository` in its short form: without what says Docker Hub. */
export function familiarName({ registry, repository }: Pick<ImageName, 'registry' | 'repository'>): string {
  if (registry !== DEFAULT_REGISTRY) return `${registry}/${repository}`;
  return repository.replace(/^library\/([^/]+)$/, '$1');
}
