// How registries are reached, for the helper: what the settings say of each, and who logs in there. The helper keeps none of it.
import fs from 'node:fs/promises';
import { l10n } from 'vscode';
import type { Credential, RegistryAccessInput } from '../../protocol/images.js';
import { proxyFor } from '../model/proxy.js';
import { candidates, registryName, registryOf } from '../model/references.js';

export interface RegistrySettings {
  /** Where names without a registry are looked for, in this order. */
  readonly search: readonly string[];
  /** Addresses that are asked first, by registry. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  readonly insecure: readonly string[];
  /** Files of PEM certificates. */
  readonly authorities: readonly string[];
  /** Empty: the environment's. */
  readonly proxy: string;
}

export interface Credentials {
  /** Undefined: nobody logs in there. */
  find(registry: string): Promise<Credential | undefined>;
}

export class Registries {
  constructor(
    private readonly settings: { readonly registries: RegistrySettings },
    private readonly credentials: Credentials,
    private readonly environment: NodeJS.ProcessEnv = process.env,
  ) {}

  /** The images that a name may mean; none: it is no name of one. */
  candidates(text: string): readonly string[] {
    return candidates(text, this.settings.registries.search.map(registryName));
  }

  /** For each registry that one of `references` is at. @throws what {@link access} throws. */
  accessTo(references: readonly string[]): Promise<readonly RegistryAccessInput[]> {
    return Promise.all([...new Set(references.map(registryOf))].map((registry) => this.access(registry)));
  }

  /** @throws Error for a file of certificates that can't be read, or a credential helper that fails. */
  async access(registry: string): Promise<RegistryAccessInput> {
    const credential = await this.credentials.find(registry);
    return { ...(await this.accessWithout(registry)), ...(credential === undefined ? {} : { credential }) };
  }

  /** As {@link access}, but nobody logs in. */
  async accessWithout(registry: string): Promise<RegistryAccessInput> {
    const { insecure, mirrors, authorities, proxy } = this.settings.registries;
    const through = proxyFor(registry, { configured: proxy, environment: this.environment });
    return {
      registry,
      insecure: insecure.map(registryName).includes(registry),
      mirrors: [...(Object.entries(mirrors).find(([name]) => registryName(name) === registry)?.[1] ?? [])],
      ...(authorities.length === 0 ? {} : { authorities: await readAll(authorities) }),
      ...(through === undefined ? {} : { proxy: through }),
    };
  }
}

async function readAll(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(read))).join('\n');
}

async function read(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    throw new Error(l10n.t('The certificates in “{0}”, which the settings name, can’t be read.', file), { cause: error });
  }
}
