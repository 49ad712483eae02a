// Fairness among users: of each uid one message is worked on in a turn of the event loop, whatever the number of his connections.
// What arrives when nobody of that uid is waiting is worked on at once.

export class Turns {
  /** A uid is in here from its first message of a turn on, with what is to follow in the next turns. */
  private readonly waiting = new Map<number, (() => void)[]>();

  take(uid: number, work: () => void): void {
    const queue = this.waiting.get(uid);
    if (queue !== undefined) {
      queue.push(work);
      return;
    }
    if (this.waiting.size === 0) setImmediate(this.turn);
    this.waiting.set(uid, []);
    work();
  }

  private readonly turn = (): void => {
    for (const [uid, queue] of [...this.waiting]) {
      const work = queue.shift();
      if (work === undefined) this.waiting.delete(uid);
      else work();
    }
    if (this.waiting.size > 0) setImmediate(this.turn);
  };
}
