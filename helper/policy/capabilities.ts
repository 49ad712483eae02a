// Which capabilities a container gets: Docker's default set, plus what an admin adds, minus what anybody drops.
import type { ContainerSpec } from '../../protocol/containers.js';
import { firstRefusal, invalid, type Refusal } from './refusal.js';

/** The capabilities of a container, sorted; those that `available` (the helper's own bounding set) lacks are left out of a privileged one. */
export function capabilitiesOf(spec: ContainerSpec, available: ReadonlySet<string>): readonly string[] {
  const added = (spec.admin?.capabilitiesAdd ?? []).flatMap(expand);
  const dropped = new Set(spec.capabilitiesDrop.flatMap(expand));
  // `ALL` means what this helper has to give: a kernel or a service manager may keep some from it.
  const everything = spec.admin?.privileged === true || added.length > ALL_CAPABILITIES.length - 1;
  const wanted = everything ? ALL_CAPABILITIES.filter((name) => available.has(name)) : [...DEFAULT_CAPABILITIES, ...added];
  return [...new Set(wanted)].filter((name) => !dropped.has(name)).sort();
}

/** Refuses names that Linux does not know. */
export function checkCapabilities(spec: ContainerSpec): Refusal | null {
  return unknownIn(spec.capabilitiesDrop, 'spec.capabilitiesDrop') ?? unknownIn(spec.admin?.capabilitiesAdd ?? [], 'spec.admin.capabilitiesAdd');
}

/** Docker's default set. */
export const DEFAULT_CAPABILITIES: readonly string[] = names(`
  AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT`);

/** capabilities(7), by number. */
export const ALL_CAPABILITIES: readonly string[] = names(`
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
  NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
  SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM
  BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`);

/** The names of the bits of a `CapBnd:` line of /proc/self/status (hexadecimal). */
export function capabilitiesOfMask(hexadecimal: string): ReadonlySet<string> {
  const mask = BigInt(`0x${hexadecimal}`);
  return new Set(ALL_CAPABILITIES.filter((_, bit) => (mask >> BigInt(bit)) & 1n));
}

function names(text: string): readonly string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((name) => `CAP_${name}`);
}

const qualified = (name: string): string => (name.startsWith('CAP_') ? name : `CAP_${name}`);
const isKnown = (name: string): boolean => ALL_CAPABILITIES.includes(name);
const expand = (name: string): readonly string[] => (qualified(name) === 'CAP_ALL' ? ALL_CAPABILITIES : [qualified(name)]);

function unknownIn(list: readonly string[], field: string): Refusal | null {
  return firstRefusal(list.map((name, i) => () => (expand(name).every(isKnown) ? null : invalid(`${field}.${i}`, `${name} is not a capability of Linux`))));
}
