// So many of a kind of work may go on at the same time for one uid; what is more is refused.
import { Failure } from './failure.js';

export class Slots {
  private readonly taken = new Map<number, number>();

  /** `what`: such as "imports and commits". */
  constructor(
    private readonly most: number,
    private readonly what: string,
  ) {}

  /** Throws LIMIT. */
  async run<T>(uid: number, work: () => Promise<T>): Promise<T> {
    const before = this.taken.get(uid) ?? 0;
    if (before >= this.most) throw new Failure('LIMIT', { reason: `a user can have ${this.most} ${this.what} at the same time` });
    this.taken.set(uid, before + 1);
    try {
      return await work();
    } finally {
      const left = (this.taken.get(uid) ?? 1) - 1;
      if (left > 0) this.taken.set(uid, left);
      else this.taken.delete(uid);
    }
  }
}
