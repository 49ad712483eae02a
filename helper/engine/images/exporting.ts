// Trees of the store and of containers as tars, for whoever has a stream: what the layers show together, read by descriptor. Nothing is
// mounted for that: on a mount, what is in a root would say where a path leads.
import net from 'node:net';
import { Transform, type TransformCallback, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Kernel, LayerLimits } from '../../kernel/kernel.js';
import type { Paths } from '../../store/paths.js';
import type { Container } from '../containers/container.js';
import { notFound } from '../failure.js';
import type { Layers } from './layers.js';

export interface TreeExport {
  /** Writes the tar; throws when `signal` is aborted, or when it could not be all of it. */
  write(sink: Writable, signal: AbortSignal): Promise<void>;
  /** To be called once, whether it has been written or not. */
  release(): void;
}

export class Exporting {
  constructor(
    private readonly kernel: Pick<Kernel, 'sendTree' | 'socketPair' | 'closeDescriptor'>,
    private readonly paths: Paths,
    private readonly layers: Pick<Layers, 'pin'>,
    private readonly limits: LayerLimits,
  ) {}

  /** The root of a container as it is while it is read: what changes meanwhile is there in its one form or the other. */
  container(container: Container): TreeExport {
    const { id, image, name } = container.record;
    const trees = [...image.chainIds.map((chainId) => this.paths.layer(chainId)), this.paths.container(id).upper];
    const write = async (sink: Writable, signal: AbortSignal) => {
      await this.send(trees, sink, signal, () => {
        // What went away with it is not in the tar.
        if (container.removed) throw notFound(name);
      });
    };
    return { write, release: this.layers.pin(image.chainIds) };
  }

  private async send(layers: readonly string[], sink: Writable, signal: AbortSignal, check: () => void): Promise<void> {
    const [own, theirs] = this.kernel.socketPair();
    const source = new net.Socket({ fd: own, readable: true, writable: false });
    const stop = new AbortController();
    const request = { socket: theirs, layers, asLayer: false, limits: this.limits };
    const sent = this.kernel.sendTree(request, () => undefined, AbortSignal.any([signal, stop.signal]));
    this.kernel.closeDescriptor(theirs);
    try {
      await pipeline(source, new EndHeldBack(sent.then(check)), sink, { signal, end: false });
    } finally {
      stop.abort();
      source.destroy();
      await sent.catch(() => undefined);
    }
  }
}

/** A tar's end: without it, it is a part of one, which whoever reads it can tell. */
const END_BYTES = 1024;

/** Passes on what comes, but for a tar's end: that comes once `isWhole` is fulfilled. */
class EndHeldBack extends Transform {
  private held = Buffer.alloc(0);

  constructor(private readonly isWhole: Promise<void>) {
    super();
    isWhole.catch(() => undefined);
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    const bytes = Buffer.concat([this.held, chunk]);
    const passed = Math.max(0, bytes.length - END_BYTES);
    this.held = Buffer.from(bytes.subarray(passed));
    done(null, bytes.subarray(0, passed));
  }

  override _flush(done: TransformCallback): void {
    this.isWhole.then(
      () => done(null, this.held),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
  }
}
