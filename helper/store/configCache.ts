// The configs that were written or read last, in memory as they are on disk: a start that reads its config anew from there waits for
// other threads four times. Nobody else writes those files, so what is in here is what they hold.

export class StoredConfig {
  private value: Readonly<Record<string, unknown>> | undefined;

  constructor(readonly text: string) {}

  /** To be read only: it is everybody's. */
  get decoded(): Readonly<Record<string, unknown>> {
    return (this.value ??= JSON.parse(this.text) as Readonly<Record<string, unknown>>);
  }
}

const ENTRIES = 32;
/** The longest that is kept, in characters: a few hostile ones are not to fill the memory. */
const LONGEST = 128 * 1024;

export class ConfigCache {
  /** The one that was used last is the last one. */
  private readonly configs = new Map<string, StoredConfig>();
  /** Grows whenever one is taken out. */
  changes = 0;

  get(id: string): StoredConfig | undefined {
    const config = this.configs.get(id);
    if (config !== undefined) this.set(id, config);
    return config;
  }

  set(id: string, config: StoredConfig): void {
    this.configs.delete(id);
    if (config.text.length > LONGEST) return;
    this.configs.set(id, config);
    for (const oldest of [...this.configs.keys()].slice(0, Math.max(0, this.configs.size - ENTRIES))) this.configs.delete(oldest);
  }

  delete(id: string): void {
    this.changes += 1;
    this.configs.delete(id);
  }
}
