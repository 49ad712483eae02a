// When what stands in an open view counts as seen: after it has been there for a while. Pure but for its timer.

export class Look {
  private timer: NodeJS.Timeout | undefined;
  private shown: ReadonlySet<string> = new Set();

  constructor(
    private readonly lookMs: number,
    private readonly seen: () => void,
  ) {}

  /** `ids`: what is to be seen now. Only what is new begins another look: the rest of the world goes on changing meanwhile. */
  update(ids: readonly string[], isVisible: boolean): void {
    const hasNew = ids.some((id) => !this.shown.has(id));
    this.shown = new Set(isVisible ? ids : []);
    if (!isVisible || ids.length === 0) this.stop();
    else if (hasNew) this.begin();
  }

  dispose(): void {
    this.stop();
  }

  private begin(): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.shown = new Set();
      this.seen();
    }, this.lookMs);
  }

  private stop(): void {
    clearTimeout(this.timer);
  }
}
