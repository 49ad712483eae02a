// The default profile, resolved for one container: its capabilities and the machine's architecture decide which rules remain.
import type { Seccomp, SeccompArgument, SeccompRule } from './runtimeSpec.js';
import {
  ALLOWED_CALLS,
  ARCHITECTURES,
  CALLS_BY_CAPABILITY,
  CLONE_NAMESPACE_FLAGS,
  PERSONALITIES,
  SOCKET_FAMILIES,
  type Architecture,
} from './seccompProfile.js';

const EPERM = 1;
const ENOSYS = 38;

/** `linux.seccomp` of the runtime-spec. The same input gives the same text: the core caches the compiled filter by it. */
export function seccompFor(architecture: Architecture, capabilities: ReadonlySet<string>, socketFamilies = SOCKET_FAMILIES): Seccomp {
  const { names: architectures, calls } = ARCHITECTURES[architecture];
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures,
    syscalls: [allow(unconditional(calls, capabilities)), ...conditional(capabilities, socketFamilies)],
  };
}

function unconditional(architectureCalls: readonly string[], capabilities: ReadonlySet<string>): readonly string[] {
  const byCapability = CALLS_BY_CAPABILITY.filter(({ capability }) => capabilities.has(capability)).flatMap(({ names }) => names);
  return [...new Set([...Object.values(ALLOWED_CALLS).flat(), ...architectureCalls, ...byCapability])].sort();
}

function conditional(capabilities: ReadonlySet<string>, socketFamilies: readonly number[]): readonly SeccompRule[] {
  return [
    ...PERSONALITIES.map((value) => allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
    ...familyBlocks(socketFamilies).map((argument) => allow(['socket'], [argument])),
    ...(capabilities.has('CAP_SYS_ADMIN') ? [] : cloneWithoutNamespaces),
  ];
}

/** clone3(2)'s flags are behind a pointer: ENOSYS makes the C libraries fall back to clone(2), whose flags seccomp can see. */
const cloneWithoutNamespaces: readonly SeccompRule[] = [
  allow(['clone'], [{ index: 0, value: CLONE_NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]),
  { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
];

/**
 * Conditions that together hold for exactly the given numbers: aligned blocks of a power of two, each one masked comparison. Rules of
 * one call are alternatives (libseccomp can't ask for two things of one argument), and each costs instructions at every start.
 */
export function familyBlocks(families: readonly number[]): readonly SeccompArgument[] {
  const wanted = new Set(families);
  const blocks: SeccompArgument[] = [];
  for (let first = 0; first <= Math.max(...families);) {
    const size = wanted.has(first) ? blockSize(first, wanted) : 0;
    if (size > 0) blocks.push(block(first, size));
    first += Math.max(size, 1);
  }
  return blocks;
}

/** The biggest power of two by which `first` is aligned and whose block is wanted as a whole. */
function blockSize(first: number, wanted: ReadonlySet<number>): number {
  let size = 1;
  const holds = (count: number): boolean => first % count === 0 && Array.from({ length: count }, (_, i) => first + i).every((n) => wanted.has(n));
  while (size < 64 && holds(size * 2)) size *= 2;
  return size;
}

/** The family is an int: the upper half of the register does not count, for the kernel or here. */
function block(first: number, size: number): SeccompArgument {
  return { index: 0, value: 0x1_0000_0000 - size, valueTwo: first, op: 'SCMP_CMP_MASKED_EQ' };
}

function allow(names: readonly string[], args?: readonly SeccompArgument[]): SeccompRule {
  return { names, action: 'SCMP_ACT_ALLOW', ...(args === undefined ? {} : { args }) };
}
