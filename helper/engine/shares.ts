// So much of a kind of work goes on at the same time for one uid; what is more waits for its own, and keeps nobody else waiting.

export class Shares {
  /** By uid: who waits, in order, while `most` are at work. */
  private readonly uids = new Map<number, { running: number; readonly waiting: (() => void)[] }>();

  constructor(private readonly most: number) {}

  /** Whether nobody is at work. */
  get isIdle(): boolean {
    return this.uids.size === 0;
  }

  async run<T>(uid: number, work: () => Promise<T>): Promise<T> {
    await this.enter(uid);
    try {
      return await work();
    } finally {
      this.leave(uid);
    }
  }

  private async enter(uid: number): Promise<void> {
    const share = this.uids.get(uid) ?? { running: 0, waiting: [] };
    this.uids.set(uid, share);
    // Who leaves hands his place on: it is never free in between.
    if (share.running >= this.most) return new Promise((resolve) => void share.waiting.push(resolve));
    share.running += 1;
  }

  private leave(uid: number): void {
    const share = this.uids.get(uid);
    const next = share?.waiting.shift();
    if (next !== undefined) return next();
    if (share !== undefined && (share.running -= 1) === 0) this.uids.delete(uid);
  }
}
