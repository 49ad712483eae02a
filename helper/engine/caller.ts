// Who asks: the identity that the kernel named, and what the policy makes of it.
import type { CallerIdentity } from '../kernel/kernel.js';

export interface Caller extends CallerIdentity {
  /** `admin` sees and touches everybody's objects. */
  readonly role: 'user' | 'admin';
}

/** Whether `caller` can know that an object of `ownerUid` exists. */
export function canSee(caller: Caller, ownerUid: number): boolean {
  return caller.role === 'admin' || caller.uid === ownerUid;
}
