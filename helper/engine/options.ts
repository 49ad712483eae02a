// What the engine is told when it is made.
import type { Kernel } from '../kernel/kernel.js';
import type { ParkingOptions } from './containers/parking.js';
import type { ImageLimits } from './images/limits.js';
import type { RegistryAccess } from './images/registryAccess.js';
import type { Log } from './log.js';
import type { Planner } from './planner.js';

export interface EngineOptions {
  readonly kernel: Kernel;
  readonly planner: Planner;
  readonly dataDirectory: string;
  readonly stateDirectory: string;
  /** Where the socket is: not to be mounted into a container. */
  readonly socketDirectory: string;
  /**
   * The group below which the containers' groups are, as `linux.cgroupsPath`: this helper's alone, since what is in it and belongs
   * to no container is removed.
   */
  readonly cgroupParent: string;
  /** As images call it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly imageLimits: ImageLimits;
  readonly parking: ParkingOptions;
  readonly registry: RegistryAccess;
  readonly log: Log;
}
