// The table of handlers, complete by its type.
import type { Engine } from '../engine/engine.js';
import type { Handlers } from './call.js';
import { containerHandlers } from './containers.js';
import { eventHandlers } from './events.js';
import { imageHandlers } from './images.js';
import { registryHandlers } from './registry.js';
import { streamHandlers } from './streams.js';
import { systemHandlers, type HelperFacts } from './system.js';

export function createHandlers(engine: Engine, facts: HelperFacts): Handlers {
  return {
    ...systemHandlers(engine, facts),
    ...containerHandlers(engine),
    ...streamHandlers(engine),
    ...imageHandlers(engine),
    ...registryHandlers(engine),
    ...eventHandlers(engine),
  };
}
