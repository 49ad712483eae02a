// The context keys that package.json's `when` clauses read: which welcome view is shown, and what the palette offers.
import { commands, type Disposable } from 'vscode';
import type { HelperClient } from '../client/helperClient.js';
import { helperContext } from '../model/helperContext.js';
import type { WorldStore } from '../model/worldStore.js';

export function keepContextKeys(client: HelperClient, store: WorldStore, isInstalled: () => boolean): Disposable {
  const set = (key: string, value: string | boolean) => void commands.executeCommand('setContext', key, value);
  const drawHelper = () => set('bulkhead.helper', helperContext(client.state, isInstalled(), client.socketPath));
  const drawWorld = () => {
    set('bulkhead.hasContainers', store.world.containers.size > 0);
    set('bulkhead.hasImages', store.world.images.size > 0);
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
