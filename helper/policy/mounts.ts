// The mounts of a container: the kernel's file systems as runc's default spec has them, then what the spec asks for, parents first.
import path from 'node:path';
import type { ContainerSpec, MountSpec } from '../../protocol/containers.js';
import { CONTAINER_DEFAULTS } from './limits.js';
import { firstRefusal, invalid, type Refusal } from './refusal.js';
import type { Mount } from './runtimeSpec.js';

export interface MountFacts {
  readonly privileged: boolean;
  /** The container shares the host's network namespace: a sysfs of its own can't be mounted in a user namespace then. */
  readonly bindsSys: boolean;
  /** The caller is root: binds take what is mounted below them with them. */
  readonly recursiveBinds: boolean;
}

export interface PlannedMounts {
  readonly mounts: readonly Mount[];
  /** The user's binds: where each is in `mounts`, and what it asks for. */
  readonly binds: readonly { readonly index: number; readonly source: string; readonly access: 'read' | 'write' }[];
}

/** Safe because {@link checkMounts} has seen the same spec: no target is, holds or lies in what is mounted here for the kernel's sake. */
export function mountsOf(spec: ContainerSpec, facts: MountFacts): PlannedMounts {
  const asked = [...spec.mounts].sort((a, b) => depth(a.target) - depth(b.target));
  const targets = new Set(asked.map((mount) => normal(mount.target)));
  const defaults = kernelMounts(facts).filter((mount) => !targets.has(mount.destination));
  const binds = asked.flatMap((mount, i) =>
    mount.type === 'bind' ? [{ index: defaults.length + i, source: mount.source, access: mount.readOnly ? ('read' as const) : ('write' as const) }] : [],
  );
  return { mounts: [...defaults, ...asked.map((mount) => userMount(mount, facts))], binds };
}

/** Refuses targets that are taken twice, that climb, or that would cover what isolates the container. */
export function checkMounts(spec: ContainerSpec): Refusal | null {
  return firstRefusal(spec.mounts.map((mount, i) => () => checkTarget(mount.target, i) ?? checkUnique(spec.mounts, i)));
}

function checkTarget(target: string, index: number): Refusal | null {
  const field = `spec.mounts.${index}.target`;
  if (target.split('/').includes('..')) return invalid(field, 'must not contain ".."');
  const place = normal(target);
  if (RESERVED.some((root) => place === root || place.startsWith(`${root}/`))) return invalid(field, `${place} belongs to the kernel`);
  return place === '/' || place === '/dev' || place === '/dev/pts' || place.startsWith('/dev/pts/') ? invalid(field, `${place} can't be covered`) : null;
}

function checkUnique(mounts: readonly MountSpec[], index: number): Refusal | null {
  const target = normal(mounts[index]?.target ?? '');
  const first = mounts.findIndex((mount) => normal(mount.target) === target);
  return first < index ? invalid(`spec.mounts.${index}.target`, `${target} is the target of another mount`) : null;
}

/** Covering /proc would take the masks away (CVE-2019-19921), and hide from the runtime what it verifies. */
const RESERVED: readonly string[] = ['/proc', '/sys'];

function kernelMounts({ privileged, bindsSys }: MountFacts): readonly Mount[] {
  const access = privileged ? 'rw' : 'ro';
  return [
    mount('/proc', 'proc', ['nosuid', 'noexec', 'nodev']),
    mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    mount('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${CONTAINER_DEFAULTS.shmBytes}`], 'shm'),
    mount('/dev/mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
    bindsSys ? mount('/sys', 'bind', ['rbind', 'nosuid', 'noexec', 'nodev', access], '/sys') : mount('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', access]),
    mount('/sys/fs/cgroup', 'cgroup', ['nosuid', 'noexec', 'nodev', 'relatime', access]),
  ];
}

function userMount(spec: MountSpec, facts: MountFacts): Mount {
  const access = spec.readOnly ? 'ro' : 'rw';
  if (spec.type === 'tmpfs') return mount(normal(spec.target), 'tmpfs', ['nosuid', 'nodev', ...tmpfsOptions(spec), access]);
  // Not recursive for a user: a mount below the source was not opened with his rights.
  const bind = facts.recursiveBinds ? 'rbind' : 'bind';
  const guards = facts.privileged ? [] : ['nosuid', 'nodev'];
  return mount(normal(spec.target), 'bind', [bind, 'rprivate', ...guards, access], normal(spec.source));
}

function tmpfsOptions(spec: Extract<MountSpec, { type: 'tmpfs' }>): readonly string[] {
  const size = spec.sizeBytes === undefined ? [] : [`size=${spec.sizeBytes}`];
  return [...size, `mode=${(spec.mode ?? 0o1777).toString(8)}`];
}

function mount(destination: string, type: string, options: readonly string[], source = type): Mount {
  return { destination, type, source, options };
}

const depth = (target: string): number => normal(target).split('/').length;

/** No doubled or trailing slashes, no `.`. A climb (`..`) has been refused in targets; in sources it is the caller's own walk. */
function normal(place: string): string {
  if (place.split('/').includes('..')) return place;
  const flat = path.posix.normalize(place);
  return flat.length > 1 && flat.endsWith('/') ? flat.slice(0, -1) : flat;
}
