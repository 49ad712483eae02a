// What the registry process may: the config that our own runtime starts it with. It reads what strangers send, so it has none of
// root's rights: ids that are nobody's, no capabilities, nothing to write to, no process but its own, sockets of the internet only.
import { maskedPaths, READ_ONLY_PATHS } from './hiddenPaths.js';
import type { HostFacts } from './hostFacts.js';
import type { Mount, RuntimeSpec } from './runtimeSpec.js';
import { seccompFor } from './seccomp.js';

/** Of the two ids that it has: above all that useradd(8) and systemd give away, below 2^31. */
export const REGISTRY_UID = 2_147_352_576;
const OWN_ID = 1;
const MEMORY_BYTES = 512 * 2 ** 20;
const PROCESSES = 64;
/** socket(2): AF_INET, AF_INET6, and AF_NETLINK, by which getaddrinfo(3) asks for the host's addresses. */
const FAMILIES = [2, 10, 16] as const;

export interface RegistryProcessRequest {
  readonly rootDirectory: string;
  readonly cgroupPath: string;
  readonly host: HostFacts;
  /** What of the host it sees, at the same places unless `at` says otherwise. */
  readonly sees: readonly { readonly source: string; readonly at: string }[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
}

export function registryProcessConfig(request: RegistryProcessRequest): RuntimeSpec {
  const none = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
  const ids = [{ containerID: 0, hostID: REGISTRY_UID, size: OWN_ID + 1 }];
  const { host } = request;
  return {
    ociVersion: '1.2.0',
    process: {
      terminal: false,
      user: { uid: OWN_ID, gid: OWN_ID, umask: 0o077 },
      args: request.command,
      env: request.environment,
      cwd: '/',
      capabilities: none,
      rlimits: [
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
        { type: 'RLIMIT_FSIZE', soft: 0, hard: 0 },
        { type: 'RLIMIT_NOFILE', soft: 256, hard: 256 },
      ],
      noNewPrivileges: true,
    },
    root: { path: request.rootDirectory, readonly: true },
    mounts: [...kernelMounts, ...request.sees.map(({ source, at }) => bind(source, at))],
    linux: {
      // The network is the host's: it is there for that.
      namespaces: (['pid', 'mount', 'uts', 'ipc', 'cgroup', 'user'] as const).map((type) => ({ type })),
      uidMappings: ids,
      gidMappings: ids,
      cgroupsPath: request.cgroupPath,
      resources: { memory: { limit: MEMORY_BYTES }, pids: { limit: PROCESSES } },
      rootfsPropagation: 'private',
      maskedPaths: maskedPaths(host.cpuCount),
      readonlyPaths: READ_ONLY_PATHS,
      seccomp: seccompFor(host.architecture, new Set(), FAMILIES),
    },
  };
}

const kernelMounts: readonly Mount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k', 'ro'] },
];

function bind(source: string, destination: string): Mount {
  return { destination, type: 'bind', source, options: ['rbind', 'rro', 'rnosuid', 'rnodev', 'rprivate'] };
}
