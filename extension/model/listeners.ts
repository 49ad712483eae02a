// An event of the model: listeners, called in the order that they came.

export interface Subscription {
  dispose(): void;
}

export class Listeners<T> {
  private readonly all = new Set<(value: T) => void>();

  readonly add = (listener: (value: T) => void): Subscription => {
    // A listener of its own: the same function added twice is called twice, and taken away one at a time.
    const entry = (value: T) => listener(value);
    this.all.add(entry);
    return { dispose: () => void this.all.delete(entry) };
  };

  fire(value: T): void {
    for (const listener of [...this.all]) listener(value);
  }

  dispose(): void {
    this.all.clear();
  }
}
