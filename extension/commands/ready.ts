// What a command needs first: a helper that serves this user. Without one it ends with the reason, not with an empty list.
import { CallError, IncompatibleError } from '../client/callError.js';
import type { HelperClient } from '../client/helperClient.js';
import { UnreachableError } from '../client/socket.js';
import type { SystemInfo } from '../../protocol/system.js';

/** Waits until it is known whether there is a helper. @throws UnreachableError, CallError (DENIED), IncompatibleError */
export async function ready(client: Pick<HelperClient, 'settled' | 'socketPath'>): Promise<SystemInfo> {
  const state = await client.settled();
  switch (state.status) {
    case 'ready':
      return state.info;
    case 'denied':
      throw new CallError({ code: 'DENIED', operation: 'system/info', reason: state.reason });
    case 'incompatible':
      throw new IncompatibleError(state.helperVersion);
    case 'unreachable':
      throw new UnreachableError(state.why, client.socketPath);
    case 'connecting':
      throw new UnreachableError('refused', client.socketPath);
  }
}
