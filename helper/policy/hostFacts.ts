// What the policy has to know of the machine to write a config: plain data, gathered by the server.
import type { Architecture } from './seccompProfile.js';

export interface HostFacts {
  readonly architecture: Architecture;
  readonly cpuCount: number;
  /** The bounding set of the helper: what it can give to a container at most. */
  readonly capabilities: ReadonlySet<string>;
  /** The helper's own hard RLIMIT_NOFILE. */
  readonly maxOpenFiles: number;
  /** Which version's controllers hold the limits (hybrid: v1's). */
  readonly cgroup: 'v2' | 'hybrid' | 'v1';
  /** Whether swap can be limited (v2, or v1 with `memory.memsw.*`). */
  readonly limitsSwap: boolean;
}

/** A device node of the host, by the path that a spec names. */
export interface DeviceNode {
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
}
export type DeviceNodes = ReadonlyMap<string, DeviceNode>;
