// The one choke point: decode once with the method's schema → authorize what will be carried out → audit → handle → audit.
// No handler is reached by any other way.
import { randomBytes } from 'node:crypto';
import { methods, type MethodName, type Params, type Result } from '../../protocol/methods.js';
import type { AuditRecord } from '../../protocol/system.js';
import { Failure } from '../engine/failure.js';
import type { Call, Caller, Handlers } from '../handlers/call.js';
import { authorize, givesPowerOverHost } from '../policy/authorize.js';
import type { Refusal } from '../policy/refusal.js';
import type { Audit } from './audit.js';
import { redact } from './redact.js';
import { UnknownMethod } from './rpcError.js';

/** Resolves to the method's result. Rejects with a Failure, a KernelError, {@link UnknownMethod}, or whatever a bug throws. */
export type Dispatch = (call: Call, method: string, params: unknown) => Promise<unknown>;

export function createDispatch(handlers: Handlers, audit: Pick<Audit, 'append'>): Dispatch {
  return async (call, method, params) => {
    if (!isMethod(method)) throw new UnknownMethod(method);
    return carryOut(handlers, audit, call, method, decode(method, params));
  };
}

function isMethod(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}

/** What comes out is what is authorized, carried out and audited: there is no second reading of the request. */
function decode<M extends MethodName>(method: M, params: unknown): Params<M> {
  const parsed = methods[method].params.safeParse(params ?? {});
  if (parsed.success) return parsed.data as Params<M>;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.');
  throw new Failure('INVALID_PARAMS', { reason: issue?.message ?? 'does not fit', ...(field ? { field: field.slice(0, 256) } : {}) });
}

async function carryOut<M extends MethodName>(handlers: Handlers, audit: Pick<Audit, 'append'>, call: Call, method: M, params: Params<M>): Promise<Result<M>> {
  const trail = new Trail(audit, call.caller, method, params);
  const refusal = authorize(call.caller, method, params);
  if (refusal !== null) {
    trail.denied(refusal);
    throw new Failure(refusal.code, fieldsOf(refusal));
  }
  if (!methods[method].mutates) return handlers[method](call, params);
  call.isOnRecord = trail.begin(givesPowerOverHost(params));
  try {
    const result = await handlers[method](call, params);
    trail.end('ok');
    return result;
  } catch (error) {
    trail.end(error instanceof Failure ? error.code : error instanceof Error ? error.name : 'unknown');
    throw error;
  }
}

const fieldsOf = ({ field, reason }: Refusal): { reason: string; field?: string } => ({ reason, ...(field === undefined ? {} : { field }) });

/** The records of one call. */
class Trail {
  private readonly startMs = Date.now();
  private readonly id = randomBytes(6).toString('hex');

  constructor(
    private readonly audit: Pick<Audit, 'append'>,
    private readonly caller: Caller,
    private readonly method: MethodName,
    private readonly params: object,
  ) {}

  denied({ reason }: Refusal): void {
    this.append({ phase: 'denied', params: redact(this.params), outcome: 'DENIED', reason });
  }

  /** What gives power over the host is not done unless it is on record; the rest goes on, so that a full disk can be emptied. False: it is not. */
  begin(givesPower: boolean): boolean {
    const written = this.append({ phase: 'begin', params: redact(this.params) });
    if (!written && givesPower) throw new Failure('NO_SPACE', { reason: 'the audit log can not be written' });
    return written;
  }

  end(outcome: string): void {
    this.append({ phase: 'end', outcome, durationMs: Date.now() - this.startMs });
  }

  private append(record: Pick<AuditRecord, 'phase' | 'params' | 'outcome' | 'reason' | 'durationMs'>): boolean {
    const { uid, pid, role } = this.caller;
    return this.audit.append({ atMs: Date.now(), uid, pid, role, call: this.id, method: this.method, ...record });
  }
}
