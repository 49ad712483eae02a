// Stopping and starting again by somebody's wish. One that removes itself when it has exited stays meanwhile.
import type { Caller } from '../caller.js';
import type { Container } from './container.js';
import { inTurn } from './context.js';
import type { Lifecycle } from './lifecycle.js';
import type { Stopping } from './stopping.js';

export class Restarting {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly stopping: Stopping,
  ) {}

  /** Throws as stop and start do. */
  async restart(container: Container, caller: Caller, timeoutMs: number): Promise<void> {
    container.restarting += 1;
    try {
      await this.stopping.stop(container, timeoutMs);
      await this.lifecycle.start(container, caller);
    } finally {
      container.restarting -= 1;
      // Not started after all: then it is one that has exited.
      if (!container.removed) await inTurn(container, () => this.lifecycle.tidy(container));
    }
  }
}
