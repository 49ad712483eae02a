// Who has which image under which name: the store's index, in memory, and the content of each image. Changes go to disk first.
import { conflict, notFound } from '../failure.js';
import { canUse, type Image, type ImageContent } from './image.js';
import type { Caller } from '../caller.js';
import type { IndexEntry } from '../../store/imageIndex.js';
import { parseReference, type Reference } from './reference.js';

/** What one owner has, against his limits. */
export interface Holdings {
  readonly images: number;
  readonly names: number;
  /** Of manifests and configs, which are kept in memory. */
  readonly documentBytes: number;
  /** Of all blobs; a layer that several of his images share counts once. */
  readonly bytes: number;
}

/** The index as it is, and as it is to be. Immutable: a change makes another one, in time that grows with the entries and no faster. */
export class Catalog {
  /** By id, then by owner; made when somebody asks for it first. */
  private byId: ReadonlyMap<string, ReadonlyMap<number, Image>> | null = null;

  constructor(
    readonly entries: readonly IndexEntry[],
    /** Of each image that can be read. Entries without content are kept, and not shown. */
    readonly contents: ReadonlyMap<string, ImageContent>,
  ) {}

  all(): readonly Image[] {
    return [...this.index().values()].flatMap((owners) => [...owners.values()]);
  }

  /** Whether each entry's content is known, so that what no content names is garbage. */
  isComplete(): boolean {
    return this.entries.every(({ digest }) => this.contents.has(digest));
  }

  /** One image per id: the caller's own before root's, root's before others'. */
  visibleTo(caller: Caller): readonly Image[] {
    const byId = new Map<string, Image>();
    for (const image of this.preferred(caller)) if (!byId.has(image.content.id)) byId.set(image.content.id, image);
    return [...byId.values()];
  }

  visible(caller: Caller, id: string): Image | null {
    const owners = this.index().get(id);
    const own = owners?.get(caller.uid) ?? owners?.get(0);
    return own ?? [...(owners?.values() ?? [])].find(({ ownerUid }) => canUse(caller, ownerUid)) ?? null;
  }

  /**
   * What `text` names for `caller`, whatever his role: a name (or the beginning of an id) is looked for among his own images, then
   * root's, since what others call theirs is theirs to choose; only a whole id names another's image, for an admin.
   * Throws NOT_FOUND, INVALID_PARAMS, or CONFLICT when it is the beginning of several ids.
   */
  find(caller: Caller, text: string): Image {
    const reference = parseReference(text);
    const usable = this.preferred(caller);
    const trusted = usable.filter(({ ownerUid }) => ownerUid === caller.uid || ownerUid === 0);
    const match = (reference.kind === 'id' ? usable : trusted).find((image) => names(image, reference)) ?? byPrefix(trusted, reference, text);
    if (match === undefined) throw notFound(text);
    return match;
  }

  own(uid: number, id: string): Image | null {
    return this.index().get(id)?.get(uid) ?? null;
  }

  /** What `uid` has. */
  holdingsOf(uid: number): Holdings {
    const images = this.all().filter(({ ownerUid }) => ownerUid === uid);
    const contents = images.map(({ content }) => content);
    const layers = new Map(contents.flatMap((content) => content.layers.map(({ digest, sizeBytes }) => [digest, sizeBytes] as const)));
    const documentBytes = contents.reduce((sum, content) => sum + content.documentBytes, 0);
    return {
      images: images.length,
      names: images.reduce((sum, { references }) => sum + references.length, 0),
      documentBytes,
      bytes: [...layers.values()].reduce((sum, bytes) => sum + bytes, documentBytes),
    };
  }

  /** With an image of `uid`, under `references` (none: without a name). A name that another image of his has moves to this one. */
  with(uid: number, content: ImageContent, references: readonly string[], importedMs: number): Catalog {
    const earlier = this.entries.filter((entry) => entry.ownerUid === uid && entry.digest === content.id);
    const kept = new Set([...earlier.flatMap(({ reference }) => (reference === null ? [] : [reference])), ...references]);
    const others = this.entries.flatMap((entry) => {
      if (entry.ownerUid !== uid) return [entry];
      if (entry.digest === content.id) return [];
      return entry.reference !== null && kept.has(entry.reference) ? [] : [entry];
    });
    const orphans = this.nameless(uid, content.id, others);
    const added = entriesOf(uid, content, [...kept], earlier.at(-1)?.importedMs ?? importedMs);
    return new Catalog([...others, ...orphans, ...added], new Map([...this.contents, [content.id, content]]));
  }

  /** Without these names of an image; it stays, perhaps nameless. */
  withoutNames(image: Image, references: readonly string[]): Catalog {
    const rest = image.references.filter((reference) => !references.includes(reference));
    const others = this.entries.filter((entry) => !isOf(entry, image));
    return new Catalog([...others, ...entriesOf(image.ownerUid, image.content, rest, image.importedMs)], this.contents);
  }

  without(image: Image): Catalog {
    const entries = this.entries.filter((entry) => !isOf(entry, image));
    const used = new Set(entries.map(({ digest }) => digest));
    return new Catalog(entries, new Map([...this.contents].filter(([id]) => used.has(id))));
  }

  /** Everything in the store that an image consists of. */
  blobs(): ReadonlySet<string> {
    const contents = [...this.contents.values()];
    return new Set(contents.flatMap(({ id, configDigest, layers }) => [id, configDigest, ...layers.map(({ digest }) => digest)]));
  }

  /** Whether it is the digest of a layer that need not be in the store as a blob: its tar can be written again from the layer itself. */
  hasPlainLayer(digest: string): boolean {
    return [...this.contents.values()].some(({ layers }) => layers.some((layer) => layer.digest === digest && layer.diffId === digest));
  }

  diffIds(): ReadonlySet<string> {
    return new Set([...this.contents.values()].flatMap(({ layers }) => layers.map(({ diffId }) => diffId)));
  }

  /** Bytes of each of them in the store. */
  blobSizes(): ReadonlyMap<string, number> {
    return new Map([...this.contents.values()].flatMap(sizesOf));
  }

  chainIds(): ReadonlySet<string> {
    return new Set([...this.contents.values()].flatMap(({ layers }) => layers.map(({ chainId }) => chainId)));
  }

  private preferred(caller: Caller): readonly Image[] {
    const rank = ({ ownerUid }: Image) => (ownerUid === caller.uid ? 0 : ownerUid === 0 ? 1 : 2);
    return this.all()
      .filter(({ ownerUid }) => canUse(caller, ownerUid))
      .sort((a, b) => rank(a) - rank(b));
  }

  private index(): ReadonlyMap<string, ReadonlyMap<number, Image>> {
    this.byId ??= imagesOf(this.entries, this.contents);
    return this.byId;
  }

  /** Images of `uid` that have just lost their last name stay, nameless. */
  private nameless(uid: number, except: string, left: readonly IndexEntry[]): readonly IndexEntry[] {
    const named = new Set(left.filter(({ ownerUid }) => ownerUid === uid).map(({ digest }) => digest));
    const lost = this.entries.filter((entry) => entry.ownerUid === uid && entry.digest !== except && !named.has(entry.digest));
    const byDigest = new Map(lost.map((entry) => [entry.digest, { ...entry, reference: null }]));
    return [...byDigest.values()];
  }
}

/** A manifest and a config by one number: which of the two has how many bytes does not matter to a sum. */
export function sizesOf({ id, documentBytes, layers }: ImageContent): readonly (readonly [string, number])[] {
  return [[id, documentBytes], ...layers.map(({ digest, sizeBytes }) => [digest, sizeBytes] as const)];
}

function imagesOf(entries: readonly IndexEntry[], contents: ReadonlyMap<string, ImageContent>): ReadonlyMap<string, ReadonlyMap<number, Image>> {
  const images = new Map<string, Map<number, Image & { readonly references: string[] }>>();
  for (const { digest, ownerUid, importedMs, reference } of entries) {
    const content = contents.get(digest);
    if (content === undefined) continue;
    const owners = images.get(digest) ?? new Map<number, Image & { readonly references: string[] }>();
    const image = owners.get(ownerUid) ?? { ownerUid, references: [], importedMs, content };
    if (reference !== null) image.references.push(reference);
    images.set(digest, owners.set(ownerUid, image));
  }
  return images;
}

function entriesOf(ownerUid: number, content: ImageContent, references: readonly string[], importedMs: number): readonly IndexEntry[] {
  const entry = { digest: content.id, sizeBytes: content.manifestBytes, mediaType: content.manifestMediaType, ownerUid, importedMs };
  const names: readonly (string | null)[] = references.length === 0 ? [null] : references;
  return names.map((reference) => ({ ...entry, reference }));
}

function isOf(entry: IndexEntry, image: Image): boolean {
  return entry.ownerUid === image.ownerUid && entry.digest === image.content.id;
}

function names(image: Image, reference: Reference): boolean {
  return reference.kind === 'id' ? image.content.id === reference.id : image.references.includes(reference.name);
}

function byPrefix(candidates: readonly Image[], reference: Reference, text: string): Image | undefined {
  const prefix = reference.kind === 'id' ? null : reference.prefix;
  if (prefix === null) return undefined;
  const matches = candidates.filter(({ content }) => content.id.startsWith(`sha256:${prefix}`));
  if (new Set(matches.map(({ content }) => content.id)).size > 1) throw conflict(text, 'is the beginning of several ids');
  return matches[0];
}

/** Those of `uid`'s images whose names differ, or that one of the two lacks. */
export function changedIds(before: Catalog, after: Catalog, uid: number): readonly string[] {
  const ids = new Set([...before.all(), ...after.all()].filter(({ ownerUid }) => ownerUid === uid).map(({ content }) => content.id));
  const key = (catalog: Catalog, id: string) => JSON.stringify(catalog.own(uid, id)?.references ?? null);
  return [...ids].filter((id) => key(before, id) !== key(after, id));
}
