// What the client knows of the helper: a union that views and commands switch over.
import type { SystemInfo } from '../../protocol/system.js';
import type { Unreachable } from './socket.js';

export type HelperState =
  | { readonly status: 'connecting' }
  | { readonly status: 'unreachable'; readonly why: Unreachable }
  /** It answered, and refuses this user. */
  | { readonly status: 'denied'; readonly reason: string }
  /** It speaks another major version of the protocol. */
  | { readonly status: 'incompatible'; readonly helperVersion: string; readonly protocolVersion: string }
  | { readonly status: 'ready'; readonly info: SystemInfo };

/** Whether a client of version `ours` understands a helper of version `theirs` (`major.minor`). */
export function isCompatible(ours: string, theirs: string): boolean {
  return ours.split('.')[0] === theirs.split('.')[0];
}
