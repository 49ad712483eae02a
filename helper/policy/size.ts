// How long a spec may be as a whole, besides what each of its parts may be.
import type { ContainerSpec } from '../../protocol/containers.js';
import { SPEC_LIMITS } from './limits.js';
import type { Refusal } from './refusal.js';

/** As it is kept. */
export function specBytes(spec: ContainerSpec): number {
  return Buffer.byteLength(JSON.stringify(spec));
}

export function checkSize(spec: ContainerSpec): Refusal | null {
  const labelBytes = Object.entries(spec.labels).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (labelBytes > SPEC_LIMITS.labelBytes) return tooLong('spec.labels', `labels can have ${SPEC_LIMITS.labelBytes} bytes together`);
  return specBytes(spec) > SPEC_LIMITS.bytes ? tooLong('spec', `a spec can have ${SPEC_LIMITS.bytes} bytes`) : null;
}

const tooLong = (field: string, reason: string): Refusal => ({ code: 'LIMIT', field, reason });
