// What can be got at by a container that is there already: the host, the files that are bound into it.
// A container with power over the host is for administrators, at each use and not only when it is made: its owner may have been one
// then, and be none now. What is done with one has to be on record.
import type { Container } from '../engine/containers/container.js';
import { Failure } from '../engine/failure.js';
import { authorizeConfined, authorizeSpec } from '../policy/authorize.js';
import type { Call } from './call.js';

/** Throws DENIED, or NO_SPACE when the audit log could not be written. */
export function mustBeAllowed({ caller, isOnRecord }: Pick<Call, 'caller' | 'isOnRecord'>, { record }: Pick<Container, 'record'>): void {
  const refusal = authorizeSpec(caller, record.spec) ?? authorizeConfined(caller, record.spec);
  if (refusal !== null) throw new Failure(refusal.code, { object: record.name, reason: refusal.reason });
  if (record.spec.admin !== undefined && !isOnRecord) throw new Failure('NO_SPACE', { object: record.name, reason: 'the audit log can not be written' });
}
