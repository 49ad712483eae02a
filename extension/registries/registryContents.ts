// What registries have, as they tell it: asked when it is looked at, and remembered until it shall be asked again.
import { parseImageName } from '../../protocol/reference.js';
import type { Result } from '../../protocol/methods.js';
import type { Caller } from '../client/session.js';
import { compareTags, registryOf } from '../model/references.js';
import type { Registries } from './registries.js';

const MOST = 1000;

export interface Names {
  /** Of repositories or images, with their registry. */
  readonly names: readonly string[];
  /** The registry has told all. */
  readonly isComplete: boolean;
}

export class RegistryContents {
  private readonly known = new Map<string, Promise<Names>>();

  constructor(
    private readonly client: Caller,
    private readonly registries: Registries,
  ) {}

  /** @throws CallError (REGISTRY): many do not list them. */
  repositoriesOf(registry: string): Promise<Names> {
    return this.once(registry, async () => {
      const access = await this.registries.access(registry);
      return named(await this.client.call('registry/repositories', { access, most: MOST }), (name) => `${registry}/${name}`);
    });
  }

  /** @throws CallError (REGISTRY) */
  tagsOf(repository: string): Promise<Names> {
    return this.once(repository, async () => {
      const access = await this.registries.access(registryOf(repository));
      const { names, isComplete } = await this.client.call('registry/tags', { repository, access, most: MOST });
      return named({ names: [...names].sort(compareTags), isComplete }, (tag) => `${repository}:${tag}`);
    });
  }

  forget(): void {
    this.known.clear();
  }

  /** What failed is asked again. */
  private once(name: string, ask: () => Promise<Names>): Promise<Names> {
    const known = this.known.get(name) ?? ask();
    this.known.set(name, known);
    known.catch(() => this.known.delete(name));
    return known;
  }
}

/** What is no name is only what the registry says. */
function named({ names, isComplete }: Result<'registry/tags'>, whole: (name: string) => string): Names {
  return { names: names.map(whole).filter((name) => parseImageName(name) !== null), isComplete };
}
