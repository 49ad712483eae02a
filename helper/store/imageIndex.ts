// images/index.json: the OCI image index of the store, and with it the list of who has which image under which name. One
// descriptor per owner, image and name; an image without a name has one descriptor without `ref.name`.
import { z } from 'zod';
import { readFile } from 'node:fs/promises';
import { UnreadableDocument } from './document.js';
import { writeAtomically } from './files.js';

/** One owner's one name (or none) for one image. */
export interface IndexEntry {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly ownerUid: number;
  readonly importedMs: number;
  /** `name:tag`; null: the image has no name. */
  readonly reference: string | null;
}

const INDEX_MEDIA_TYPE = 'application/vnd.oci.image.index.v1+json';
const NAME = 'org.opencontainers.image.ref.name';
const VERSION = 'bulkhead.version';
const OWNER = 'bulkhead.owner-uid';
const IMPORTED = 'bulkhead.imported-ms';
const CURRENT_VERSION = '1';

const decimal = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
const descriptor = z.strictObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().min(0),
  annotations: z.strictObject({ [NAME]: z.string().optional(), [OWNER]: decimal, [IMPORTED]: decimal }),
});
const index = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(INDEX_MEDIA_TYPE),
  manifests: z.array(descriptor),
  annotations: z.strictObject({ [VERSION]: z.literal(CURRENT_VERSION) }),
});

/** An absent file is an empty index. Throws {@link UnreadableDocument}. */
export async function readIndex(file: string): Promise<readonly IndexEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return [];
  const parsed = index.safeParse(tryJson(file, text));
  if (!parsed.success) throw new UnreadableDocument(file, `is not this version's image index (${parsed.error.issues[0]?.path.join('.') ?? ''})`);
  return parsed.data.manifests.map(fromDescriptor);
}

export async function writeIndex(file: string, entries: readonly IndexEntry[]): Promise<void> {
  const document = { schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, manifests: entries.map(toDescriptor), annotations: { [VERSION]: CURRENT_VERSION } };
  await writeAtomically(file, JSON.stringify(document));
}

function fromDescriptor(d: z.output<typeof descriptor>): IndexEntry {
  return {
    digest: d.digest,
    sizeBytes: d.size,
    mediaType: d.mediaType,
    ownerUid: d.annotations[OWNER],
    importedMs: d.annotations[IMPORTED],
    reference: d.annotations[NAME] ?? null,
  };
}

function toDescriptor(entry: IndexEntry): z.input<typeof descriptor> {
  const name = entry.reference === null ? {} : { [NAME]: entry.reference };
  const annotations = { ...name, [OWNER]: String(entry.ownerUid), [IMPORTED]: String(entry.importedMs) };
  return { mediaType: entry.mediaType, digest: entry.digest, size: entry.sizeBytes, annotations };
}

function tryJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableDocument(file, 'is not JSON');
  }
}
