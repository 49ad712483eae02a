// The pulls that go on: each shown to its owner's windows, ended by whoever of his wants to; two for the same image are one.
import { createHash, randomBytes } from 'node:crypto';
import type { PullSummary, RegistryAccess as AccessSettings } from '../../../../protocol/images.js';
import type { Platform } from '../../../registry/contract.js';
import { canSee, type Caller } from '../../caller.js';
import { Failure, notFound } from '../../failure.js';
import type { Image } from '../image.js';
import type { Images } from '../images.js';
import type { RegistryAccess } from '../registryAccess.js';
import { Pull } from './pull.js';
import { PullState } from './pullState.js';

export interface PullOptions {
  readonly references: readonly string[];
  readonly registries: readonly AccessSettings[];
  /** `os/architecture[/variant]`; undefined: this machine's. */
  readonly platform: string | undefined;
  /** Of the one who asks: others may want it still. */
  readonly signal: AbortSignal;
}

export interface Pulled {
  readonly image: Image;
  readonly reference: string;
  readonly isNew: boolean;
}

interface Running {
  readonly state: PullState;
  readonly controller: AbortController;
  readonly done: Promise<Pulled>;
  wanted: number;
}

export class Pulls {
  /** By what makes two pulls the same. */
  private readonly running = new Map<string, Running>();

  constructor(
    private readonly images: Images,
    private readonly registry: RegistryAccess,
    private readonly maxPulls: number,
    private readonly architecture: string,
    private readonly changed: (id: string, ownerUid: number) => void,
  ) {}

  visibleTo(caller: Caller): readonly PullSummary[] {
    return [...this.running.values()].filter(({ state }) => canSee(caller, state.ownerUid)).map(({ state }) => state.summary());
  }

  visible(caller: Caller, id: string): PullSummary | null {
    return this.visibleTo(caller).find((pull) => pull.id === id) ?? null;
  }

  /** Resolves once the image is in the store. Throws what {@link Pull.prepare} and the commit throw. */
  async pull(caller: Caller, options: PullOptions): Promise<Pulled> {
    const key = keyOf(caller, options);
    const running = this.running.get(key) ?? this.begin(caller, options, key);
    running.wanted += 1;
    const leave = () => {
      running.wanted -= 1;
      if (running.wanted === 0) running.controller.abort(options.signal.reason);
    };
    options.signal.addEventListener('abort', leave, { once: true });
    try {
      return await untilAborted(running.done, options.signal);
    } finally {
      options.signal.removeEventListener('abort', leave);
    }
  }

  /** Throws NOT_FOUND. */
  cancel(caller: Caller, id: string): void {
    const found = [...this.running.values()].find(({ state }) => state.id === id && canSee(caller, state.ownerUid));
    if (found === undefined) throw notFound(id);
    found.controller.abort(new Failure('CANCELLED', { object: found.state.reference }));
  }

  /** Resolves once none goes on any more. */
  async close(): Promise<void> {
    for (const { controller } of this.running.values()) controller.abort(new Failure('SHUTTING_DOWN'));
    await Promise.allSettled([...this.running.values()].map(({ done }) => done));
    await this.registry.close();
  }

  private begin(caller: Caller, options: PullOptions, key: string): Running {
    const others = [...this.running.values()].filter(({ state }) => state.ownerUid === caller.uid);
    if (others.length >= this.maxPulls) throw new Failure('LIMIT', { reason: `a user can have ${this.maxPulls} pulls at the same time` });
    const controller = new AbortController();
    const id = randomBytes(16).toString('hex');
    const state = new PullState(id, caller.uid, options.references[0] ?? '', () => this.changed(id, caller.uid));
    const done = this.work(caller, options, state, controller.signal).finally(() => {
      state.end();
      this.running.delete(key);
      this.changed(id, caller.uid);
    });
    const running = { state, controller, done, wanted: 0 };
    this.running.set(key, running);
    this.changed(id, caller.uid);
    // Whoever waits hears of it; when all have left, nobody does.
    done.catch(() => undefined);
    return running;
  }

  private async work(caller: Caller, options: PullOptions, state: PullState, signal: AbortSignal): Promise<Pulled> {
    let pull: Pull | null = null;
    const had = new Set(
      this.images
        .visibleTo(caller)
        .filter(({ ownerUid }) => ownerUid === caller.uid)
        .map(({ content }) => content.id),
    );
    const request = {
      ...options,
      platform: platformOf(options.platform, this.architecture),
      uid: caller.uid,
      signal,
      hasLayer: (layer: Parameters<Images['hasLayer']>[1]) => this.images.hasLayer(caller, layer),
      admit: (content: Image['content']) => this.images.admit(caller, content),
    };
    const [image] = await this.images.add(caller, { reference: undefined, signal, what: 'pull' }, (context, staging) => {
      pull = new Pull(context, this.registry, request, state, staging);
      return pull;
    });
    if (image === undefined) throw new Error('a pull has given no image');
    return { image, reference: (pull as Pull | null)?.taken ?? '', isNew: !had.has(image.content.id) };
  }
}

function keyOf(caller: Caller, { references, registries, platform }: PullOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([caller.uid, references, registries, platform]))
    .digest('hex');
}

function platformOf(text: string | undefined, ownArchitecture: string): Platform {
  const [os = 'linux', architecture = ownArchitecture, variant = null] = text?.split('/') ?? [];
  return { os, architecture, variant };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
