// Device nodes and the rules of the devices controller: the harmless ones that every container has, and what an admin adds.
import type { ContainerSpec } from '../../protocol/containers.js';
import type { DeviceNodes } from './hostFacts.js';
import { firstRefusal, invalid, type Refusal } from './refusal.js';
import type { Device, DeviceRule } from './runtimeSpec.js';

/** Everything is denied but mknod(2) itself (a node without access is only a name) and the devices that /dev holds anyway. */
export function deviceRules(spec: ContainerSpec, nodes: DeviceNodes): readonly DeviceRule[] {
  if (spec.admin?.privileged === true) return [{ allow: true, access: 'rwm' }];
  return [{ allow: false, access: 'rwm' }, ...DEFAULT_RULES, ...addedRules(spec, nodes)];
}

/** Nodes that the container gets beside the default ones. */
export function addedDevices(spec: ContainerSpec, nodes: DeviceNodes): readonly Device[] {
  return (spec.admin?.devices ?? []).flatMap(({ path, target }) => {
    const node = nodes.get(path);
    return node === undefined ? [] : [{ path: target ?? path, ...node, fileMode: 0o660, uid: 0, gid: 0 }];
  });
}

/** The host paths whose device numbers {@link checkDevices} and the rules need. */
export function devicePaths(spec: ContainerSpec): readonly string[] {
  return [...(spec.admin?.devices ?? []), ...(spec.limits.ioDevices ?? [])].map(({ path }) => path);
}

/** Refuses paths that name no device of the host. */
export function checkDevices(spec: ContainerSpec, nodes: DeviceNodes): Refusal | null {
  return (
    firstRefusal(
      (spec.admin?.devices ?? []).map(
        ({ path }, i) =>
          () =>
            nodes.has(path) ? null : missing(`spec.admin.devices.${i}.path`, path),
      ),
    ) ?? checkThrottled(spec.limits.ioDevices ?? [], nodes, 'spec.limits')
  );
}

/** Refuses paths of throttled devices that name no block device. */
export function checkThrottled(devices: readonly { readonly path: string }[], nodes: DeviceNodes, field: string): Refusal | null {
  return firstRefusal(
    devices.map(
      ({ path }, i) =>
        () =>
          nodes.get(path)?.type === 'b' ? null : invalid(`${field}.ioDevices.${i}.path`, `${path} is not a block device`),
    ),
  );
}

const missing = (field: string, path: string): Refusal => invalid(field, `${path} is not a device`);

function addedRules(spec: ContainerSpec, nodes: DeviceNodes): readonly DeviceRule[] {
  return (spec.admin?.devices ?? []).flatMap(({ path, access }) => {
    const node = nodes.get(path);
    return node === undefined ? [] : [{ allow: true, ...node, access }];
  });
}

const character = (major: number, minor?: number, access = 'rwm'): DeviceRule => ({
  allow: true,
  type: 'c',
  major,
  ...(minor === undefined ? {} : { minor }),
  access,
});

const DEFAULT_RULES: readonly DeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  character(1, 3), // null
  character(1, 5), // zero
  character(1, 7), // full
  character(1, 8), // random
  character(1, 9), // urandom
  character(5, 0), // tty
  character(5, 1), // console
  character(5, 2), // ptmx
  character(136), // pts/*
];
