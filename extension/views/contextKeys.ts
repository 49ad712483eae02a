// The context keys that package.json's `when` clauses read: which welcome view is shown, and what the palette offers.
import { commands, type Disposable } from 'vscode';
import type { HelperClient } from '../client/helperClient.js';
import type { HelperState } from '../client/helperState.js';
import type { WorldStore } from '../model/worldStore.js';

/** The values of `bulkhead.helper`. */
export type HelperContext = 'connecting' | 'notInstalled' | 'down' | 'denied' | 'incompatible' | 'ready';

export function keepContextKeys(client: HelperClient, store: WorldStore, isInstalled: () => boolean): Disposable {
  const set = (key: string, value: string | boolean) => void commands.executeCommand('setContext', `bulkhead.${key}`, value);
  const drawHelper = () => set('helper', helperContext(client.state, isInstalled()));
  const drawWorld = () => {
    set('hasContainers', store.world.containers.size > 0);
    set('hasImages', store.world.images.size > 0);
  };
  const subscriptions = [client.onDidChangeState(drawHelper), store.onDidChange(drawWorld)];
  drawHelper();
  drawWorld();
  return {
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

export function helperContext(state: HelperState, isInstalled: boolean): HelperContext {
  if (state.status !== 'unreachable') return state.status;
  if (state.why === 'forbidden') return 'denied';
  return isInstalled || state.why === 'unresponsive' ? 'down' : 'notInstalled';
}
