// Paths below /proc and /sys that tell of the host, or change it: the union of what Docker and Podman hide by default.

/** Covered: a file by an empty one and a directory by an empty one, of a read-only tmpfs (docs/kernel-notes.md says why not by /dev/null). What does not exist is passed over. */
export function maskedPaths(cpuCount: number): readonly string[] {
  return [...MASKED, ...thermalThrottle(cpuCount)];
}

export const READ_ONLY_PATHS: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

const MASKED: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  // Counters of each interrupt: the timing of key strokes and of other containers.
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/dev/block',
  // The processor's energy counters (CVE-2020-8694).
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
  '/sys/fs/selinux',
];

/** Each mask costs some 10 µs of a start: of a huge machine the first 64 processors are enough to deny a clean signal. */
function thermalThrottle(cpuCount: number): readonly string[] {
  return Array.from({ length: Math.min(cpuCount, 64) }, (_, cpu) => `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`);
}
