// Kernel parameters that a container may set: only those that are its namespaces' own.
import type { ContainerSpec } from '../../protocol/containers.js';
import { firstRefusal, invalid, type Refusal } from './refusal.js';

type HostNamespace = NonNullable<NonNullable<ContainerSpec['admin']>['hostNamespaces']>[number];

/** `linux.sysctl`: unprivileged programs may ping and use low ports, as in Docker, unless the spec says otherwise. */
export function sysctlsOf(spec: ContainerSpec, hasUserNamespace: boolean): Readonly<Record<string, string>> {
  const network = hostNamespaces(spec).has('network') ? {} : networkDefaults(hasUserNamespace);
  return { ...network, ...spec.sysctls };
}

/** Refuses what is the whole host's, or belongs to a namespace that the container shares with it. */
export function checkSysctls(spec: ContainerSpec): Refusal | null {
  const shared = hostNamespaces(spec);
  return firstRefusal(Object.keys(spec.sysctls).map((name) => () => checkSysctl(name, shared)));
}

function checkSysctl(name: string, shared: ReadonlySet<HostNamespace>): Refusal | null {
  const field = `spec.sysctls.${name}`;
  const namespace = namespaceOf(name);
  if (namespace === null) return invalid(field, 'is not a parameter of a namespace: it would change the host');
  return shared.has(namespace) ? invalid(field, `belongs to the host's ${namespace} namespace, which the container shares`) : null;
}

function namespaceOf(name: string): HostNamespace | null {
  if (name.startsWith('net.')) return 'network';
  if (name.startsWith('fs.mqueue.') || IPC.has(name)) return 'ipc';
  return name === 'kernel.domainname' ? 'uts' : null;
}

const IPC: ReadonlySet<string> = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map((name) => `kernel.${name}`),
);

/** In a user namespace only groups that are mapped can be named. */
function networkDefaults(hasUserNamespace: boolean): Readonly<Record<string, string>> {
  return { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': hasUserNamespace ? '0 65535' : '0 2147483647' };
}

const hostNamespaces = (spec: ContainerSpec): ReadonlySet<HostNamespace> => new Set(spec.admin?.hostNamespaces ?? []);
