// What each uid has open at this moment, against its limits.
import { HELPER_CONNECTIONS, UID_LIMITS } from '../policy/limits.js';
import type { OutboxBudget } from './outbox.js';

type Kind = 'connections' | 'requestsInFlight';

export class Usage {
  private readonly counts = { connections: new Map<number, number>(), requestsInFlight: new Map<number, number>() };
  private readonly unreadBytes = new Map<number, number>();
  private total = 0;
  private refused = 0;

  /** A place for one more connection of `uid`; null: there is none. The place is given back by calling what is returned, once. */
  connection(uid: number): (() => void) | null {
    if (!this.hasPlace(uid)) return null;
    const release = this.take('connections', uid);
    if (release === null) return null;
    this.total += 1;
    return () => {
      this.total -= 1;
      release();
    };
  }

  /** The same for one of somebody who is not let in, whoever he is. */
  refusedConnection(): (() => void) | null {
    if (this.refused >= HELPER_CONNECTIONS.refused) return null;
    this.refused += 1;
    return () => (this.refused -= 1);
  }

  /** The same for a request that waits for its answer. */
  request(uid: number): (() => void) | null {
    return this.take('requestsInFlight', uid);
  }

  /** What the clients of `uid` have not read. One message has a place however long it is, if there is nothing else. */
  unread(uid: number): OutboxBudget {
    const held = (): number => this.unreadBytes.get(uid) ?? 0;
    return {
      take: (bytes) => {
        if (held() > 0 && held() + bytes > UID_LIMITS.unreadBytes) return false;
        this.unreadBytes.set(uid, held() + bytes);
        return true;
      },
      give: (bytes) => {
        if (held() > bytes) this.unreadBytes.set(uid, held() - bytes);
        else this.unreadBytes.delete(uid);
      },
    };
  }

  /** However many uids somebody has, those who have nothing yet are not locked out by who has much, and root never is. */
  private hasPlace(uid: number): boolean {
    const { all, forNewcomers, forRoot } = HELPER_CONNECTIONS;
    if (uid === 0) return this.total < all;
    const isNew = !this.counts.connections.has(uid);
    return this.total < (isNew ? all - forRoot : all - forNewcomers);
  }

  private take(kind: Kind, uid: number): (() => void) | null {
    const counts = this.counts[kind];
    const count = counts.get(uid) ?? 0;
    if (count >= UID_LIMITS[kind]) return null;
    counts.set(uid, count + 1);
    return () => {
      const left = (counts.get(uid) ?? 1) - 1;
      if (left > 0) counts.set(uid, left);
      else counts.delete(uid);
    };
  }
}
