// Keeps a container's record on disk as it is in memory, and its ledger beside it.
import { logFailure, type Log } from '../log.js';
import { withoutSpace } from '../failure.js';
import type { ContainerStore } from '../../store/containerStore.js';
import type { LedgerStore } from '../../store/ledgerStore.js';
import type { Container } from './container.js';
import { toDisk } from './diskRecord.js';
import { Ledger } from './ledger.js';
import { Saver } from './saver.js';

export class Persistence {
  private readonly savers = new WeakMap<Container, Saver>();
  private readonly ledgers = new WeakMap<Container, Ledger>();

  constructor(
    private readonly store: ContainerStore,
    private readonly ledgerStore: LedgerStore,
    private readonly log: Log,
  ) {}

  /** Resolves once what is in memory now survives a crash. Throws NO_SPACE. */
  async save(container: Container): Promise<void> {
    if (container.removed) return;
    await this.saverOf(container)
      .save()
      .catch((error: unknown) => {
        if (!container.removed) throw withoutSpace(error);
      });
  }

  /** As {@link save}, for changes that have happened whether they can be written down or not: says whether they could. */
  async trySave(container: Container): Promise<boolean> {
    try {
      await this.save(container);
      return true;
    } catch (error) {
      logFailure(this.log, 'a container’s record could not be written', { container: container.id })(error);
      return false;
    }
  }

  ledgerOf(container: Container): Ledger {
    const ledger = this.ledgers.get(container) ?? new Ledger(container.id, this.ledgerStore, this.log);
    this.ledgers.set(container, ledger);
    return ledger;
  }

  /** Resolves once nothing is being written. */
  async idle(container: Container): Promise<void> {
    await this.saverOf(container).idle();
    await this.ledgers.get(container)?.idle();
  }

  private saverOf(container: Container): Saver {
    const saver = this.savers.get(container) ?? new Saver(() => this.store.saveRecord(toDisk(container.record)));
    this.savers.set(container, saver);
    return saver;
  }
}
