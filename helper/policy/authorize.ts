// The rules of who may call what. The dispatch asks here before every handler, with the params as they will be carried out.
import type { ContainerSpec } from '../../protocol/containers.js';
import { methods, type MethodName, type Params } from '../../protocol/methods.js';
import { denied, type Refusal } from './refusal.js';
import type { Role } from './roles.js';

export interface Asker {
  readonly uid: number;
  readonly role: Role;
  /** He sees other files than the helper does. */
  readonly isConfined: boolean;
}

/** Null: allowed. Whose object it is that the params name is the engine's to check: it looks only among what the caller can see. */
export function authorize<M extends MethodName>(asker: Asker, method: M, params: Params<M>): Refusal | null {
  if (asker.role === 'admin' && !asker.isConfined) return null;
  if (asker.role !== 'admin' && methods[method].permission === 'admin') return denied(`${method} is for administrators`);
  const rule: Rules[M] = RULES[method];
  return rule?.(asker, params) ?? null;
}

/** Also asked at every start: who has been an admin when he made the container need not be one now. */
export function authorizeSpec(asker: Pick<Asker, 'role'>, spec: ContainerSpec): Refusal | null {
  if (asker.role === 'admin' || spec.admin === undefined) return null;
  const [first] = Object.keys(spec.admin);
  const field = first === undefined ? 'spec.admin' : `spec.admin.${first}`;
  return denied(`${first ?? 'admin'} gives power over the host, so it is for administrators`, field);
}

/**
 * Who is kept from files of his uid (by a chroot, a mount namespace: a snap, a service with ProtectHome=) is not to get at them by a
 * container: neither by a bind, which the helper would open where it lives itself, nor in one that has a bind already.
 */
export function authorizeConfined(asker: Pick<Asker, 'isConfined'>, spec: ContainerSpec): Refusal | null {
  if (!asker.isConfined) return null;
  const bind = spec.mounts.findIndex(({ type }) => type === 'bind');
  if (bind >= 0) return denied(`folders can't be mounted for a program that runs in a ${CONFINEMENT}`, `spec.mounts.${bind}`);
  return spec.admin === undefined ? null : denied(`power over the host is not for a program that runs in a ${CONFINEMENT}`, 'spec.admin');
}

const CONFINEMENT = 'mount namespace or root directory of its own (a snap, a sandbox, a chroot): it sees other files than the helper does';

/** Whether the call, once allowed, gives power over the host: such a call is not carried out unless it is on record. */
export function givesPowerOverHost(params: Params<MethodName>): boolean {
  return 'spec' in params && params.spec.admin !== undefined;
}

type Rules = { readonly [M in MethodName]?: (asker: Asker, params: Params<M>) => Refusal | null };

const RULES: Rules = {
  'container/create': (asker, { spec }) => authorizeSpec(asker, spec) ?? authorizeConfined(asker, spec),
  'system/audit': (asker, { uid }) =>
    asker.role === 'admin' || uid === undefined || uid === asker.uid ? null : denied("another user's records are for administrators", 'uid'),
};
