// The logins of the user's Docker configuration (~/.docker/config.json): as they stand there, or at a credential helper that it names.
// Read with the user's rights, each time anew, and never written.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Credential } from '../../protocol/images.js';
import { DEFAULT_REGISTRY } from '../../protocol/reference.js';
import { registryName } from '../model/references.js';
import { askCredentialHelper } from './credentialHelper.js';
import type { Credentials } from './registries.js';

/** Docker Hub's, as `docker login` has written it for ten years. */
const HUB_ADDRESS = 'https://index.docker.io/v1/';

type Fields = Readonly<Record<string, unknown>>;

export class DockerConfig implements Credentials {
  constructor(private readonly environment: NodeJS.ProcessEnv = process.env) {}

  /** As docker has it: the registry's own helper, else the helper for all, else what is in the file. @throws Error of a helper. */
  async find(registry: string): Promise<Credential | undefined> {
    const config = await this.read();
    const own = entryFor(fieldsOf(config['credHelpers']), registry);
    if (typeof own === 'string') return askCredentialHelper(own, serverUrl(registry), this.environment);
    const stored =
      typeof config['credsStore'] === 'string' ? await askCredentialHelper(config['credsStore'], serverUrl(registry), this.environment) : undefined;
    return stored ?? loginIn(fieldsOf(entryFor(fieldsOf(config['auths']), registry)));
  }

  /** The registries that it knows a login for. */
  async registries(): Promise<readonly string[]> {
    const config = await this.read();
    return [...new Set(['auths', 'credHelpers'].flatMap((key) => Object.keys(fieldsOf(config[key]))).map(registryName))];
  }

  /** Nobody need have one; one that can't be read is none. */
  private async read(): Promise<Fields> {
    const folder = this.environment['DOCKER_CONFIG'] || path.join(os.homedir(), '.docker');
    try {
      return fieldsOf(JSON.parse(await fs.readFile(path.join(folder, 'config.json'), 'utf8')));
    } catch {
      return {};
    }
  }
}

function serverUrl(registry: string): string {
  return registry === DEFAULT_REGISTRY ? HUB_ADDRESS : registry;
}

function entryFor(entries: Fields, registry: string): unknown {
  return Object.entries(entries).find(([address]) => registryName(address) === registry)?.[1];
}

/** A token goes before a password: it is what `docker login` has got for it. */
function loginIn({ auth, username, password, identitytoken, registrytoken }: Fields): Credential | undefined {
  if (isText(identitytoken)) return { kind: 'identity-token', token: identitytoken };
  if (isText(registrytoken)) return { kind: 'registry-token', token: registrytoken };
  if (isText(username) && isText(password)) return { kind: 'password', username, password };
  const [, name, secret] = /^([^:]+):([^]*)$/.exec(isText(auth) ? Buffer.from(auth, 'base64').toString('utf8') : '') ?? [];
  // Docker pads some with a NUL.
  return name === undefined || secret === undefined ? undefined : { kind: 'password', username: name, password: secret.replace(/\0+$/, '') };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
