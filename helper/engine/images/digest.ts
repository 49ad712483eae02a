// The digest of content that is in memory. Pure.
import { createHash } from 'node:crypto';

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
