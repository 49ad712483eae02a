// Limits of the wire ↔ linux.resources of the runtime-spec, for a start and for an update.
import type { ContainerSpec, Limits } from '../../protocol/containers.js';
import { deviceRules } from './devices.js';
import type { DeviceNodes, HostFacts } from './hostFacts.js';
import { CONTAINER_DEFAULTS } from './limits.js';
import { invalid, type Refusal } from './refusal.js';
import type { Resources, ThrottleDevice } from './runtimeSpec.js';

/** 100 ms, the kernel's default: quota and period are in microseconds. */
const CPU_PERIOD_US = 100_000;
/** The kernel's smallest quota. */
const CPU_QUOTA_MIN_US = 1000;
const UNLIMITED = -1;
const SHARES_MAX = 262_144;
const DEFAULT_WEIGHT = 100;

/** `linux.resources` of a start. What is absent is left as the kernel has it. */
export function resourcesOf(spec: ContainerSpec, nodes: DeviceNodes, host: HostFacts): Resources {
  return { devices: deviceRules(spec, nodes), ...controllers(spec.limits, nodes, host), pids: { limit: spec.limits.pids ?? CONTAINER_DEFAULTS.pids } };
}

/** `linux.resources` of an update: what `update` mentions, with the value that clears it for null. `current` names the devices to clear. */
export function resourcesOfUpdate(current: Limits, update: Limits, nodes: DeviceNodes, host: HostFacts): Resources {
  const next = mergeLimits(current, update);
  const touched = (...keys: readonly (keyof Limits)[]): boolean => keys.some((key) => update[key] !== undefined);
  return {
    ...(touched('memoryBytes', 'memorySwapBytes', 'memoryReservationBytes') ? { memory: clearedMemory(next, update, host) } : {}),
    ...(touched('cpus', 'cpuWeight', 'cpusetCpus', 'cpusetMems') ? { cpu: clearedCpu(next, update, host) } : {}),
    ...(touched('pids') ? { pids: { limit: update.pids ?? CONTAINER_DEFAULTS.pids } } : {}),
    ...(touched('ioWeight', 'ioDevices') ? { blockIO: clearedIo(current, next, update, nodes) } : {}),
  };
}

/** `current` with what `update` sets; what it clears is gone. */
export function mergeLimits(current: Limits, update: Limits): Limits {
  const entries = Object.entries({ ...current, ...defined(update) });
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
}

/** Refuses combinations that the kernel would refuse, or that mean nothing. */
export function checkLimits(limits: Limits, host: HostFacts, field: string): Refusal | null {
  const { memoryBytes, memorySwapBytes, memoryReservationBytes } = limits;
  if (isSet(memorySwapBytes) && !host.limitsSwap) return invalid(`${field}.memorySwapBytes`, 'this kernel does not account for swap');
  if (isSet(memorySwapBytes) && memorySwapBytes !== UNLIMITED) {
    if (!isSet(memoryBytes)) return invalid(`${field}.memorySwapBytes`, 'needs memoryBytes: it is memory plus swap');
    if (memorySwapBytes < memoryBytes) return invalid(`${field}.memorySwapBytes`, 'is less than memoryBytes: it is memory plus swap');
  }
  if (isSet(memoryReservationBytes) && isSet(memoryBytes) && memoryReservationBytes > memoryBytes) {
    return invalid(`${field}.memoryReservationBytes`, 'is more than memoryBytes');
  }
  if (isSet(limits.cpus) && limits.cpus > host.cpuCount) return invalid(`${field}.cpus`, `this machine has ${host.cpuCount} processors`);
  return checkProcessors(limits.cpusetCpus, host.cpuCount, `${field}.cpusetCpus`);
}

function controllers(limits: Limits, nodes: DeviceNodes, host: HostFacts): Resources {
  const memory = memoryOf(limits, host);
  const cpu = cpuOf(limits, host);
  const blockIO = ioOf(limits, nodes);
  return { ...(isEmpty(memory) ? {} : { memory }), ...(isEmpty(cpu) ? {} : { cpu }), ...(isEmpty(blockIO) ? {} : { blockIO }) };
}

/** Without a word on swap a limit of memory is one of as much swap again, as in Docker: else the limit would only move pages to the disk. */
function memoryOf({ memoryBytes, memorySwapBytes, memoryReservationBytes }: Limits, host: HostFacts): NonNullable<Resources['memory']> {
  const swap = memorySwapBytes ?? (!isSet(memoryBytes) ? null : memoryBytes * 2);
  return {
    ...(!isSet(memoryBytes) ? {} : { limit: memoryBytes }),
    ...(swap === null || !host.limitsSwap ? {} : { swap }),
    ...(!isSet(memoryReservationBytes) ? {} : { reservation: memoryReservationBytes }),
  };
}

function clearedMemory(next: Limits, update: Limits, host: HostFacts): NonNullable<Resources['memory']> {
  return {
    ...memoryOf(next, host),
    ...(update.memoryBytes === null ? { limit: UNLIMITED, ...(host.limitsSwap ? { swap: UNLIMITED } : {}) } : {}),
    ...(update.memoryReservationBytes === null ? { reservation: UNLIMITED } : {}),
  };
}

function cpuOf({ cpus, cpuWeight, cpusetCpus, cpusetMems }: Limits, host: HostFacts): NonNullable<Resources['cpu']> {
  return {
    ...(!isSet(cpus) ? {} : { quota: Math.max(CPU_QUOTA_MIN_US, Math.round(cpus * CPU_PERIOD_US)), period: CPU_PERIOD_US }),
    ...(!isSet(cpuWeight) ? {} : { shares: sharesOfWeight(cpuWeight, host.cgroup) }),
    ...(!isSet(cpusetCpus) ? {} : { cpus: cpusetCpus }),
    ...(!isSet(cpusetMems) ? {} : { mems: cpusetMems }),
  };
}

function clearedCpu(next: Limits, update: Limits, host: HostFacts): NonNullable<Resources['cpu']> {
  return {
    ...cpuOf(next, host),
    ...(update.cpus === null ? { quota: UNLIMITED, period: CPU_PERIOD_US } : {}),
    ...(update.cpuWeight === null ? { shares: sharesOfWeight(DEFAULT_WEIGHT, host.cgroup) } : {}),
    // Empty: what the group above has.
    ...(update.cpusetCpus === null ? { cpus: '' } : {}),
    ...(update.cpusetMems === null ? { mems: '' } : {}),
  };
}

/**
 * A weight (default 100) as shares, which is what the runtime-spec has. v1's default is 1024; on v2 the runtime makes a weight of the
 * shares again, on a scale where 2 is 1 and 262,144 is 10,000: what is written here comes out there as it was asked for.
 */
export function sharesOfWeight(weight: number, cgroup: HostFacts['cgroup']): number {
  if (cgroup === 'v2') return 2 + Math.ceil(((weight - 1) * (SHARES_MAX - 2)) / 9999);
  return Math.min(SHARES_MAX, Math.max(2, Math.round(weight * 10.24)));
}

function ioOf({ ioWeight, ioDevices }: Limits, nodes: DeviceNodes): NonNullable<Resources['blockIO']> {
  const throttled = ioDevices ?? [];
  const read = throttled.flatMap((device) => throttle(nodes, device.path, device.readBytesPerSecond));
  const write = throttled.flatMap((device) => throttle(nodes, device.path, device.writeBytesPerSecond));
  return {
    // The runtime-spec's scale begins at 10.
    ...(!isSet(ioWeight) ? {} : { weight: Math.max(10, ioWeight) }),
    ...(read.length === 0 ? {} : { throttleReadBpsDevice: read }),
    ...(write.length === 0 ? {} : { throttleWriteBpsDevice: write }),
  };
}

/** A rate of 0 takes a throttle away. */
function clearedIo(current: Limits, next: Limits, update: Limits, nodes: DeviceNodes): NonNullable<Resources['blockIO']> {
  const before = update.ioDevices === undefined ? [] : (current.ioDevices ?? []);
  const wanted = ioOf(next, nodes);
  const zero = before.flatMap(({ path }) => throttle(nodes, path, 0));
  const withCleared = (list: readonly ThrottleDevice[] = []): readonly ThrottleDevice[] => [
    ...zero.filter((old) => !list.some((one) => one.major === old.major && one.minor === old.minor)),
    ...list,
  ];
  const read = withCleared(wanted.throttleReadBpsDevice);
  const write = withCleared(wanted.throttleWriteBpsDevice);
  return {
    ...(update.ioWeight === null ? { weight: 100 } : wanted.weight === undefined ? {} : { weight: wanted.weight }),
    ...(read.length === 0 ? {} : { throttleReadBpsDevice: read }),
    ...(write.length === 0 ? {} : { throttleWriteBpsDevice: write }),
  };
}

function throttle(nodes: DeviceNodes, path: string, rate: number | undefined): readonly ThrottleDevice[] {
  const node = nodes.get(path);
  return node === undefined || rate === undefined ? [] : [{ major: node.major, minor: node.minor, rate }];
}

function checkProcessors(list: string | null | undefined, count: number, field: string): Refusal | null {
  if (!isSet(list)) return null;
  for (const part of list.split(',')) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    if (first === undefined || last === undefined || Number(first) > Number(last))
      return invalid(field, `${JSON.stringify(part)} is not a processor or a range`);
    if (Number(last) >= count) return invalid(field, `there is no processor ${last}: this machine has ${count}`);
  }
  return null;
}

const isSet = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;
const isEmpty = (object: object): boolean => Object.keys(object).length === 0;
const defined = (limits: Limits): Limits => Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
