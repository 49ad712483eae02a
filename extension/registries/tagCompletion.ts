// Completes the name of an image by the tags that its repository has, while it is typed: asked of the registry after a pause, once for
// each repository, and given up when another name is typed. What fails is only not offered.
import { parseImageName } from '../../protocol/reference.js';
import type { Caller } from '../client/session.js';
import { compareTags, registryOf, splitReference } from '../model/references.js';
import type { Registries } from './registries.js';

const PAUSE_MS = 300;
const MOST = 1000;

export class TagCompletion {
  private readonly known = new Map<string, readonly string[]>();
  private asking: { readonly repository: string; readonly controller: AbortController } | undefined;

  constructor(
    private readonly client: Caller,
    private readonly registries: Registries,
    private readonly pauseMs = PAUSE_MS,
  ) {}

  /** Names with tags, of the repository that `text` names; `changed` is called once there are some that there were not. */
  complete(text: string, changed: () => void): readonly string[] {
    const { repository } = splitReference(text);
    const known = this.known.get(repository);
    if (known !== undefined || repository !== this.asking?.repository) this.stop();
    if (known === undefined && this.asking === undefined && isWhole(repository)) void this.ask(repository, changed);
    return known ?? [];
  }

  /** Whether the registry is being asked. */
  get isBusy(): boolean {
    return this.asking !== undefined;
  }

  stop(): void {
    this.asking?.controller.abort();
    this.asking = undefined;
  }

  private async ask(repository: string, changed: () => void): Promise<void> {
    const controller = new AbortController();
    this.asking = { repository, controller };
    const tags = await pause(this.pauseMs, controller.signal)
      .then(() => this.fetch(repository, controller.signal))
      .catch(() => []);
    if (controller.signal.aborted) return;
    this.asking = undefined;
    const names = tags.map((tag) => `${repository}:${tag}`);
    this.known.set(
      repository,
      names.filter((name) => parseImageName(name) !== null),
    );
    changed();
  }

  private async fetch(repository: string, signal: AbortSignal): Promise<readonly string[]> {
    const [first] = this.registries.candidates(repository);
    if (first === undefined) return [];
    const access = await this.registries.access(registryOf(first));
    const { names } = await this.client.call('registry/tags', { repository: splitReference(first).repository, access, most: MOST }, { signal });
    return [...names].sort(compareTags);
  }
}

function isWhole(repository: string): boolean {
  return repository.length > 1 && !repository.includes('@') && parseImageName(repository) !== null;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new Error('another name is typed'));
    });
  });
}
