// One writer at a time: what is run goes in the order of the calls.

export class Mutex {
  private tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` once all earlier work has ended, however it ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => undefined);
    return result;
  }
}
