// How long to wait before the next attempt to connect.

const FIRST_MS = 200;
const FACTOR = 1.8;
const LONGEST_MS = 30_000;

/** Grows from {@link FIRST_MS} to {@link LONGEST_MS}; up to a quarter more at random, so that windows do not all come at once. */
export class Backoff {
  private attempt = 0;

  constructor(private readonly random: () => number = Math.random) {}

  nextMs(): number {
    const base = Math.min(LONGEST_MS, FIRST_MS * FACTOR ** this.attempt);
    this.attempt += 1;
    return Math.round(base * (1 + this.random() / 4));
  }

  reset(): void {
    this.attempt = 0;
  }
}
