// Where a pull is, in numbers; who watches is told a few times a second.
import type { PullSummary } from '../../../../protocol/images.js';

type Phase = PullSummary['phase'];

export interface LayerState {
  readonly digest: string;
  readonly sizeBytes: number;
  downloadedBytes: number;
  unpackedBytes: number;
  readonly isPresent: boolean;
}

const TELL_PAUSE_MS = 200;
/** Speed is measured over this time. */
const WINDOW_MS = 4000;

export class PullState {
  readonly startedMs = Date.now();
  private phase: Phase = 'resolving';
  private layers: readonly LayerState[] = [];
  private readonly samples: { readonly atMs: number; readonly bytes: number }[] = [];
  private toldMs = 0;
  private later: NodeJS.Timeout | undefined;

  constructor(
    readonly id: string,
    readonly ownerUid: number,
    readonly reference: string,
    private readonly onChange: () => void,
  ) {}

  enter(phase: Phase): void {
    this.phase = phase;
    this.tell();
  }

  setLayers(layers: readonly LayerState[]): void {
    this.layers = layers;
    this.tell();
  }

  downloaded(digest: string, bytes: number): void {
    this.set(digest, (layer) => (layer.downloadedBytes = bytes));
    this.sample();
    this.tellSoon();
  }

  unpacked(digest: string, bytes: number): void {
    this.set(digest, (layer) => (layer.unpackedBytes = bytes));
    this.tellSoon();
  }

  /** Nothing more is told. */
  end(): void {
    clearTimeout(this.later);
  }

  summary(): PullSummary {
    const missing = this.layers.filter(({ isPresent }) => !isPresent);
    return {
      id: this.id,
      ownerUid: this.ownerUid,
      reference: this.reference,
      startedMs: this.startedMs,
      phase: this.phase,
      layers: this.layers.map((layer) => ({ ...layer })),
      totalBytes: this.phase === 'resolving' ? null : sum(missing.map(({ sizeBytes }) => sizeBytes)),
      downloadedBytes: sum(missing.map(({ downloadedBytes }) => downloadedBytes)),
      bytesPerSecond: this.speed(),
    };
  }

  private set(digest: string, change: (layer: LayerState) => void): void {
    for (const layer of this.layers) if (layer.digest === digest && !layer.isPresent) change(layer);
  }

  private sample(): void {
    const now = Date.now();
    this.samples.push({ atMs: now, bytes: sum(this.layers.map(({ downloadedBytes }) => downloadedBytes)) });
    while ((this.samples[0]?.atMs ?? now) < now - WINDOW_MS) this.samples.shift();
  }

  private speed(): number | null {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < 500) return null;
    return Math.round(((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs));
  }

  /** Also the last word, however soon it comes after the one before it. */
  private tellSoon(): void {
    const pauseMs = this.toldMs + TELL_PAUSE_MS - Date.now();
    if (pauseMs <= 0) this.tell();
    else this.later ??= setTimeout(() => this.tell(), pauseMs);
  }

  private tell(): void {
    clearTimeout(this.later);
    this.later = undefined;
    this.toldMs = Date.now();
    this.onChange();
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
