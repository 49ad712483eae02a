// The pure plan: a container's spec, its image's defaults and facts of the host → OCI runtime-spec config.json.
// The order of the checks is the order of the doors: who may, then what can be, then how it is written.
import type { ContainerSpec } from '../../protocol/containers.js';
import type { ImageDefaults } from '../../protocol/images.js';
import { authorizeSpec } from './authorize.js';
import { capabilitiesOf, checkCapabilities } from './capabilities.js';
import { addedDevices, checkDevices } from './devices.js';
import { maskedPaths, READ_ONLY_PATHS } from './hiddenPaths.js';
import type { DeviceNodes, HostFacts } from './hostFacts.js';
import { checkMounts, mountsOf, type PlannedMounts } from './mounts.js';
import { checkProcess, noNewPrivileges, processOf } from './process.js';
import { firstRefusal, type Refusal } from './refusal.js';
import { checkLimits, resourcesOf } from './resources.js';
import type { Role } from './roles.js';
import type { LinuxSpec, NamespaceType, RuntimeSpec } from './runtimeSpec.js';
import { seccompFor } from './seccomp.js';
import { checkSize } from './size.js';
import { idMapOf, type AccountFiles, type IdMap } from './subordinateIds.js';
import { checkSysctls, sysctlsOf } from './sysctls.js';

export interface ConfigRequest {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly image: ImageDefaults;
  readonly owner: { readonly uid: number; readonly gid: number; readonly role: Role };
  /** `linux.cgroupsPath`. */
  readonly cgroupPath: string;
  readonly host: HostFacts;
  readonly accounts: AccountFiles;
  /** The devices that the spec names ({@link devicePaths}), as far as there are such. */
  readonly devices: DeviceNodes;
}

export interface BuiltConfig {
  readonly config: RuntimeSpec;
  readonly binds: PlannedMounts['binds'];
  /** Null: the container runs on the host's ids. */
  readonly idMap: IdMap | null;
  readonly user: string | null;
  readonly noSuid: boolean;
}

export function buildConfig(request: ConfigRequest): BuiltConfig | Refusal {
  const refusal = check(request);
  if (refusal !== null) return refusal;
  const idMap = hasUserNamespace(request) ? idMapOf(request.owner.uid, request.accounts) : null;
  if (idMap !== null && 'reason' in idMap) return idMap;
  return build(request, idMap);
}

function check({ spec, image, owner, host, devices }: ConfigRequest): Refusal | null {
  return firstRefusal([
    () => checkSize(spec),
    () => authorizeSpec(owner, spec),
    () => checkProcess(spec, image, owner.role === 'admin'),
    () => checkMounts(spec),
    () => checkCapabilities(spec),
    () => checkSysctls(spec),
    () => checkLimits(spec.limits, host, 'spec.limits'),
    () => checkDevices(spec, devices),
  ]);
}

/** Only root's containers run on the host's ids, and those for which an admin has asked for it. */
function hasUserNamespace({ owner, spec }: ConfigRequest): boolean {
  if (spec.admin?.privileged === true || spec.admin?.hostNamespaces?.includes('user') === true) return false;
  return owner.uid !== 0;
}

function build(request: ConfigRequest, idMap: IdMap | null): BuiltConfig {
  const { spec, image, owner, id, host } = request;
  const isAdmin = owner.role === 'admin';
  const shares = (namespace: string): boolean => (spec.admin?.hostNamespaces ?? []).some((shared) => shared === namespace);
  const hostname = spec.hostname ?? id.slice(0, 12);
  const capabilities = capabilitiesOf(spec, host.capabilities);
  const { mounts, binds } = mountsOf(spec, {
    privileged: spec.admin?.privileged === true,
    bindsSys: idMap !== null && shares('network'),
    recursiveBinds: owner.uid === 0,
  });
  const config: RuntimeSpec = {
    ociVersion: '1.2.0',
    process: processOf(spec, image, { capabilities, hostname, isAdmin, host }),
    root: { path: 'rootfs', readonly: spec.readOnlyRoot },
    ...(shares('uts') ? {} : { hostname }),
    mounts,
    linux: linuxOf(request, idMap, capabilities),
  };
  // Labels and annotations of an image never configure the engine: none is written here.
  return { config, binds, idMap, user: spec.user ?? (image.user || null), noSuid: noNewPrivileges(spec, isAdmin) };
}

function linuxOf({ spec, cgroupPath, devices, host }: ConfigRequest, idMap: IdMap | null, capabilities: readonly string[]): LinuxSpec {
  const privileged = spec.admin?.privileged === true;
  const added = addedDevices(spec, devices);
  const sysctl = sysctlsOf(spec, idMap !== null);
  return {
    namespaces: namespacesOf(spec, idMap !== null),
    ...(idMap === null ? {} : { uidMappings: idMap.uids, gidMappings: idMap.gids }),
    ...(added.length === 0 ? {} : { devices: added }),
    cgroupsPath: cgroupPath,
    resources: resourcesOf(spec, devices, host),
    rootfsPropagation: 'private',
    maskedPaths: privileged ? [] : maskedPaths(host.cpuCount),
    readonlyPaths: privileged ? [] : READ_ONLY_PATHS,
    ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
    ...(privileged || spec.admin?.seccomp === 'unconfined' ? {} : { seccomp: seccompFor(host.architecture, new Set(capabilities)) }),
  };
}

function namespacesOf(spec: ContainerSpec, user: boolean): LinuxSpec['namespaces'] {
  const shared: readonly string[] = spec.admin?.hostNamespaces ?? [];
  const types: readonly NamespaceType[] = ['pid', 'network', 'mount', 'uts', 'ipc', 'cgroup'];
  return [...types.filter((type) => !shared.includes(type)), ...(user ? (['user'] as const) : [])].map((type) => ({ type }));
}
