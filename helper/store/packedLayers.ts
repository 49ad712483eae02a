// images/packed.json: which blob stands for a layer that had none when its image was made, so that it is compressed once and always
// travels under one digest. A layer whose blob is gone has no entry that counts.
import { z } from 'zod';
import { readDocument } from './document.js';
import { writeAtomically } from './files.js';
import type { ImageStore } from './imageStore.js';

const VERSION = 1;
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const packedLayer = z.strictObject({ diffId: digest, digest, sizeBytes: z.number().int().min(0) });
const schema = z.strictObject({ version: z.literal(VERSION), layers: z.array(packedLayer) });

export type PackedLayer = Readonly<z.output<typeof packedLayer>>;

export class PackedLayers {
  private byDiffId: ReadonlyMap<string, PackedLayer> = new Map();

  constructor(
    private readonly file: string,
    private readonly store: Pick<ImageStore, 'hasBlob' | 'hasFile'>,
  ) {}

  async open(): Promise<void> {
    if (!(await this.store.hasFile(this.file))) return;
    const { layers } = await readDocument(this.file, VERSION, schema);
    this.byDiffId = mapped(layers);
  }

  async find(diffId: string): Promise<PackedLayer | null> {
    const found = this.byDiffId.get(diffId);
    return found !== undefined && (await this.store.hasBlob(found.digest)) ? found : null;
  }

  /** One writer at a time. Forgets those whose blobs are gone. */
  async keep(layer: PackedLayer): Promise<void> {
    const others = [...this.byDiffId.values()].filter(({ diffId }) => diffId !== layer.diffId);
    const there = await Promise.all(others.map(async (other) => ((await this.store.hasBlob(other.digest)) ? [other] : [])));
    const layers = [...there.flat(), layer];
    await writeAtomically(this.file, JSON.stringify({ version: VERSION, layers }));
    this.byDiffId = mapped(layers);
  }

  /** Of the blobs that stand for one of these layers. */
  digestsOf(diffIds: ReadonlySet<string>): ReadonlySet<string> {
    return new Set([...this.byDiffId.values()].filter(({ diffId }) => diffIds.has(diffId)).map((layer) => layer.digest));
  }
}

function mapped(layers: readonly PackedLayer[]): ReadonlyMap<string, PackedLayer> {
  return new Map(layers.map((layer) => [layer.diffId, layer]));
}
