// Writes a container's record: one write at a time, and one more for all that changed meanwhile.

export class Saver {
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;

  constructor(private readonly write: () => Promise<void>) {}

  /** Resolves once a write that began after this call has succeeded. */
  save(): Promise<void> {
    this.next ??= this.idle().then(() => {
      const write = this.write();
      this.running = write;
      this.next = null;
      return write;
    });
    return this.next;
  }

  /** Resolves once nothing is being written. */
  idle(): Promise<void> {
    return this.running.catch(() => undefined);
  }
}
