// What the policy's tests start from: a spec as a client writes it, an image, a machine, account files.
import { containerSpec, type ContainerSpec, type ContainerSpecInput } from '../../../protocol/containers.js';
import type { ImageDefaults } from '../../../protocol/images.js';
import { ALL_CAPABILITIES } from '../../../helper/policy/capabilities.js';
import { buildConfig, type BuiltConfig, type ConfigRequest } from '../../../helper/policy/buildConfig.js';
import type { HostFacts } from '../../../helper/policy/hostFacts.js';
import type { Refusal } from '../../../helper/policy/refusal.js';

export const ID = '0123456789abcdef'.repeat(4);

export const image: ImageDefaults = {
  entrypoint: [],
  command: ['/bin/sh'],
  environment: ['PATH=/bin', 'LANG=C.UTF-8'],
  workingDirectory: '',
  user: '',
  labels: { 'run.oci.keep_original_groups': '1' },
  exposedPorts: [],
  stopSignal: null,
};

export const host: HostFacts = {
  architecture: 'x64',
  cpuCount: 4,
  cgroup: 'hybrid',
  capabilities: new Set(ALL_CAPABILITIES),
  maxOpenFiles: 1_048_576,
  limitsSwap: true,
};

export const accounts = {
  passwd: 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n',
  subuid: 'ann:100000:65536\nbob:165536:65536\n',
  subgid: 'ann:100000:65536\nbob:165536:65536\n',
};

export const ann = { uid: 1000, gid: 1000, role: 'user' } as const;
export const root = { uid: 0, gid: 0, role: 'admin' } as const;

export const spec = (input: Partial<ContainerSpecInput> = {}): ContainerSpec => containerSpec.parse({ image: 'busybox', ...input });

export function outcome(input: Partial<ContainerSpecInput> = {}, change: Partial<ConfigRequest> = {}): BuiltConfig | Refusal {
  return buildConfig({ id: ID, spec: spec(input), image, owner: ann, cgroupPath: `/bulkhead/${ID}`, host, accounts, devices: new Map(), ...change });
}

export function built(input: Partial<ContainerSpecInput> = {}, change: Partial<ConfigRequest> = {}): BuiltConfig {
  const result = outcome(input, change);
  if ('reason' in result) throw new Error(`refused: ${result.field ?? ''} ${result.reason}`);
  return result;
}

export function refused(input: Partial<ContainerSpecInput> = {}, change: Partial<ConfigRequest> = {}): Refusal {
  const result = outcome(input, change);
  if (!('reason' in result)) throw new Error('not refused');
  return result;
}
