// Documents changed at random, the same way each time: values for others, members dropped, doubled, renamed, and bytes of the text.
export class Mutations {
  constructor(private state: number) {}

  /** Below `limit`. (xorshift, 32 bits.) */
  number(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.number(values.length)] as T;
  }

  /** The JSON text of `document` with some changes, of its values and then, now and then, of its bytes. */
  of(document: unknown): Buffer {
    let changed = document;
    for (let count = this.number(4); count > 0; count -= 1) changed = this.changed(changed);
    const bytes = Buffer.from(JSON.stringify(changed) ?? 'null');
    return this.number(4) === 0 ? this.damaged(bytes) : bytes;
  }

  private changed(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.number(4) === 0) return this.pick(HOSTILE)(value);
    const entries = Object.entries(value);
    if (entries.length === 0) return this.pick(HOSTILE)(value);
    const at = this.number(entries.length);
    const changed = entries.flatMap(([key, member], index): readonly [string, unknown][] => {
      if (index !== at) return [[key, member]];
      if (this.number(8) === 0) return [];
      if (this.number(8) === 0) return [[this.pick(KEYS), member]];
      return [[key, this.changed(member)]];
    });
    return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed);
  }

  private damaged(bytes: Buffer): Buffer {
    const damaged = Buffer.from(bytes);
    for (let count = 1 + this.number(3); count > 0; count -= 1)
      damaged[this.number(damaged.length)] = this.pick([...Buffer.from('{}[]",:\\0-e.'), 0, 0x80, 0xff]);
    return this.number(3) === 0 ? damaged.subarray(0, this.number(damaged.length)) : damaged;
  }
}

const KEYS = ['__proto__', 'constructor', 'toString', 'length', 'manifests', 'layers', 'config', ''];

const HOSTILE: readonly ((value: unknown) => unknown)[] = [
  () => null,
  () => true,
  () => -1,
  () => 1.5,
  () => 1e300,
  () => 2 ** 53,
  () => '',
  () => 'sha256:../../../../etc/passwd',
  () => `sha256:${'A'.repeat(64)}`,
  () => `sha256:${'a'.repeat(64)}\n`,
  () => `sha512:${'a'.repeat(128)}`,
  () => '\0',
  () => '\ud800',
  () => 'x'.repeat(140_000),
  () => [],
  () => ({}),
  (value) => [value],
  (value) => ({ value }),
  (value) => (Array.isArray(value) ? Array.from({ length: 300 }, () => value[0] as unknown) : Array.from({ length: 20 }, () => value)),
  (value) => Array.from({ length: 80 }).reduce((inner) => [inner], value),
];
