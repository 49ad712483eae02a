// events/subscribe: the snapshot is the answer, deltas follow on the connection until it ends or subscribes again.
import { DELTA_NOTIFICATION, type Delta as WireDelta } from '../../protocol/events.js';
import type { Engine } from '../engine/engine.js';
import type { Delta } from '../engine/events/eventBus.js';
import type { Handlers } from './call.js';
import { toChange, toImageSummary, toSummary } from './wire.js';

export function eventHandlers({ events }: Engine): Pick<Handlers, 'events/subscribe'> {
  return {
    'events/subscribe': (call) => {
      const subscription = events.subscribe(call.caller, (delta) => call.notify(DELTA_NOTIFICATION, toDelta(delta)));
      call.connection.hold('events', () => subscription.close());
      const { sequence, containers, images, pulls } = subscription.snapshot;
      return Promise.resolve({ sequence, containers: containers.map(toSummary), images: images.map(toImageSummary), pulls: [...pulls] });
    },
  };
}

function toDelta({ sequence, atMs, changes }: Delta): WireDelta {
  return { sequence, atMs, changes: changes.map(toChange) };
}
