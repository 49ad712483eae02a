// One request of a session, as the handler's Call.
import type { AuditReader, Call, Caller, StreamBroker } from '../handlers/call.js';
import { CONNECTION_LIMITS } from '../policy/limits.js';
import type { RequestId } from './message.js';
import type { Session } from './session.js';

export class Request implements Call {
  private readonly controller = new AbortController();
  /** Notifications that wait for the answer; null: it has gone out. */
  private deferred: object[] | null = [];
  isOnRecord = false;

  constructor(
    readonly connection: Session,
    readonly id: RequestId,
  ) {}

  get caller(): Caller {
    return this.connection.caller;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get streams(): StreamBroker {
    return this.connection.services.streams;
  }

  get audit(): AuditReader {
    return this.connection.services.audit;
  }

  progress(token: string | number | undefined, value: object): void {
    if (token === undefined || this.connection.unreadBytes > CONNECTION_LIMITS.unreadBytesForProgress) return;
    this.connection.notify({ method: '$/progress', params: { token, value } });
  }

  notify(method: string, params: object): void {
    if (this.deferred === null) this.connection.notify({ method, params });
    else this.deferred.push({ method, params });
  }

  abort(): void {
    this.controller.abort();
  }

  /** The answer has been sent: what waited for it follows. */
  answered(): void {
    for (const message of this.deferred ?? []) this.connection.notify(message);
    this.deferred = null;
  }
}
