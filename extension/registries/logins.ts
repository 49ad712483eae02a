// The logins that the user has given to this extension, in VS Code's secret storage (the key ring's key is the operating system's):
// never in a file in clear, never in a setting.
import type { Disposable, LogOutputChannel, SecretStorage } from 'vscode';
import type { Credential } from '../../protocol/images.js';
import type { Credentials } from './registries.js';

/** All in one secret, so that one can tell which there are. */
const KEY = 'registries.logins';

export interface Login {
  readonly username: string;
  readonly password: string;
}

export class Logins implements Credentials {
  constructor(private readonly secrets: Pick<SecretStorage, 'get' | 'store' | 'onDidChange'>) {}

  /** Another window has logged in or out, or this one. */
  onDidChange(listener: () => void): Disposable {
    return this.secrets.onDidChange(({ key }) => {
      if (key === KEY) listener();
    });
  }

  async find(registry: string): Promise<Credential | undefined> {
    const login = (await this.all()).get(registry);
    return login === undefined ? undefined : { kind: 'password', ...login };
  }

  async registries(): Promise<readonly string[]> {
    return [...(await this.all()).keys()];
  }

  async add(registry: string, login: Login): Promise<void> {
    await this.write(new Map([...(await this.all()), [registry, login]]));
  }

  /** Whether there was one. */
  async remove(registry: string): Promise<boolean> {
    const logins = new Map(await this.all());
    const had = logins.delete(registry);
    if (had) await this.write(logins);
    return had;
  }

  private async all(): Promise<ReadonlyMap<string, Login>> {
    return new Map(Object.entries(loginsIn((await this.secrets.get(KEY)) ?? '{}')));
  }

  private async write(logins: ReadonlyMap<string, Login>): Promise<void> {
    await this.secrets.store(KEY, JSON.stringify(Object.fromEntries(logins)));
  }
}

/** Only we write it; what can't be read any more is gone. */
function loginsIn(text: string): Readonly<Record<string, Login>> {
  try {
    return JSON.parse(text) as Record<string, Login>;
  } catch {
    return {};
  }
}

/** The first that knows a login counts. One that fails knows none, and the log says why: most images are anybody's. */
export function firstOf(log: Pick<LogOutputChannel, 'warn'>, ...sources: readonly Credentials[]): Credentials {
  const ask = (source: Credentials, registry: string) =>
    source.find(registry).catch((error: unknown) => void log.warn(error instanceof Error ? error.message : String(error)));
  return {
    async find(registry) {
      for (const source of sources) {
        const found = await ask(source, registry);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
