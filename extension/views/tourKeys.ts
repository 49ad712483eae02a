// The context keys by which the walkthrough's steps are ticked off. They are keys of their own, set a little late: VS Code never
// ticks off a step whose condition held already when it registered the walkthrough, which it may do after our activation.
import { commands, type Disposable } from 'vscode';
import type { HelperClient } from '../client/helperClient.js';
import type { WorldStore } from '../model/worldStore.js';

const REGISTERED_AFTER_MS = 3_000;

export function keepTourKeys(client: HelperClient, store: WorldStore): Disposable {
  const subscriptions: { dispose(): void }[] = [];
  const draw = () => {
    // Each stays true: a step that was done is done.
    if (client.state.status === 'ready') tick('bulkhead.tour.helper');
    if (store.world.images.size > 0) tick('bulkhead.tour.image');
    if (store.world.containers.size > 0) tick('bulkhead.tour.container');
  };
  const timer = setTimeout(() => {
    subscriptions.push(client.onDidChangeState(draw), store.onDidChange(draw));
    draw();
  }, REGISTERED_AFTER_MS);
  return {
    dispose() {
      clearTimeout(timer);
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

function tick(key: `bulkhead.tour.${'helper' | 'image' | 'container'}`): void {
  void commands.executeCommand('setContext', key, true);
}
