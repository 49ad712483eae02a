// Whose an object is, where it is not the viewer's: an administrator sees everybody's.
import fs from 'node:fs';
import type { HelperState } from '../client/helperState.js';

/** The helper's machine is ours: its socket is. */
const ACCOUNTS = '/etc/passwd';

export class Owners {
  private readonly names = new Map<number, string>();

  constructor(
    private readonly client: { readonly state: HelperState },
    private readonly accounts = ACCOUNTS,
  ) {}

  /** The owner's name, or his number if he has none; undefined if he is the viewer. */
  other(ownerUid: number): string | undefined {
    const { state } = this.client;
    if (state.status === 'ready' && state.info.caller.uid === ownerUid) return undefined;
    // Accounts come and go: one that is met for the first time is looked up then.
    const name = this.names.get(ownerUid) ?? this.read().get(ownerUid) ?? String(ownerUid);
    this.names.set(ownerUid, name);
    return name;
  }

  private read(): ReadonlyMap<number, string> {
    try {
      const lines = fs.readFileSync(this.accounts, 'utf8').split('\n');
      return new Map(lines.map((line) => line.split(':')).map(([name = '', , uid]) => [Number(uid), name]));
    } catch {
      return new Map();
    }
  }
}
