// Reads from /proc and from the kernel interface what the policy has to know of the machine; once, at the start.
import fs from 'node:fs';
import os from 'node:os';
import type { HostFeatures, Kernel } from '../kernel/kernel.js';
import { ALL_CAPABILITIES, capabilitiesOfMask } from '../policy/capabilities.js';
import type { HostFacts } from '../policy/hostFacts.js';

/** Throws an Error on an architecture that there is no seccomp profile for: without one no container is to start. */
export function readHostFacts(kernel: Pick<Kernel, 'host'>): HostFacts {
  const architecture = os.arch();
  if (architecture !== 'x64' && architecture !== 'arm64') throw new Error(`no seccomp profile for ${architecture}`);
  const { cgroup } = kernel.host();
  return {
    architecture,
    cpuCount: processors(),
    capabilities: boundingSet(),
    maxOpenFiles: maxOpenFiles(),
    cgroup,
    limitsSwap: limitsSwap(cgroup),
  };
}

/** What the host lacks and what follows from it, as sentences for the user. */
export function hostWarnings(host: HostFeatures): readonly string[] {
  const missing = ['memory', 'cpu', 'pids'].filter((controller) => !host.controllers.includes(controller));
  return [
    ...missing.map((controller) => `There is no ${controller} controller: limits of ${controller} can't be set.`),
    ...(host.idMappedMounts ? [] : ['Mounts can not be idmapped (Linux 5.12): files in a bind mount appear as nobody’s in an unprivileged user’s containers.']),
    ...(limitsSwap(host.cgroup) ? [] : ['Swap is not accounted for: a container at its limit of memory may swap without limit.']),
  ];
}

/** All that are configured, not only those that this process may use: container limits count from these. */
function processors(): number {
  return os.cpus().length || 1;
}

function boundingSet(): ReadonlySet<string> {
  const [, mask] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8')) ?? [];
  return mask === undefined ? new Set(ALL_CAPABILITIES) : capabilitiesOfMask(mask);
}

function maxOpenFiles(): number {
  const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return hard === undefined ? 1_048_576 : Number(hard);
}

/** On v2 swap is a limit of its own wherever the kernel can swap at all. */
function limitsSwap(cgroup: 'v2' | 'hybrid' | 'v1'): boolean {
  return cgroup === 'v2' ? fs.existsSync('/proc/swaps') : fs.existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes');
}
