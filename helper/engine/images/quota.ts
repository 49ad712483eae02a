// What one owner's images may come to. Pure: compares what he has with what he would have.
import type { Caller } from '../caller.js';
import { Failure } from '../failure.js';
import type { Catalog } from './catalog.js';
import type { ImageLimits } from './limits.js';

/** Throws LIMIT when `caller` would have more than he may. What he has too much of already keeps him from more of it, and from nothing else. */
export function admitChange(caller: Caller, before: Catalog, after: Catalog, limits: ImageLimits): void {
  const [had, has] = [before.holdingsOf(caller.uid), after.holdingsOf(caller.uid)];
  if (has.images > limits.maxImages && has.images > had.images) throw tooMuch(`${limits.maxImages} images`);
  if (has.names > limits.maxNames && has.names > had.names) throw tooMuch(`${limits.maxNames} names of images`);
  if (caller.role === 'admin') return;
  if (has.bytes > limits.maxOwnerBytes && has.bytes > had.bytes) throw tooMuch(`${limits.maxOwnerBytes} bytes of images`);
  if (has.documentBytes > limits.maxOwnerDocumentBytes && has.documentBytes > had.documentBytes) {
    throw tooMuch(`${limits.maxOwnerDocumentBytes} bytes of manifests and configs`);
  }
}

function tooMuch(what: string): Failure {
  return new Failure('LIMIT', { reason: `a user can have ${what}` });
}
