// What the views are told of the helper: the value of the context key `bulkhead.helper`. Pure.
import type { HelperState } from '../client/helperState.js';
import { DEFAULT_SOCKET_PATH } from '../../protocol/version.js';

/** `elsewhere`: nobody answers where the setting says that a helper is; installing or starting one here would not help. */
export type HelperContext = 'connecting' | 'notInstalled' | 'down' | 'elsewhere' | 'denied' | 'incompatible' | 'ready';

export function helperContext(state: HelperState, isInstalled: boolean, socketPath: string): HelperContext {
  if (state.status !== 'unreachable') return state.status;
  if (state.why === 'forbidden') return 'denied';
  if (!isOurs(socketPath)) return 'elsewhere';
  return isInstalled || state.why === 'unresponsive' ? 'down' : 'notInstalled';
}

/** Whether that is the socket of the helper that this extension installs. */
export function isOurs(socketPath: string): boolean {
  return socketPath === DEFAULT_SOCKET_PATH;
}
