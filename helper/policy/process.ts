// The process of a container, or of an exec in it: arguments, environment, identity, rlimits.
import type { ContainerSpec } from '../../protocol/containers.js';
import type { ImageDefaults } from '../../protocol/images.js';
import type { HostFacts } from './hostFacts.js';
import { CONTAINER_DEFAULTS, USER_RLIMITS } from './limits.js';
import { denied, firstRefusal, invalid, type Refusal } from './refusal.js';
import type { CapabilitySets, ProcessSpec, Rlimit } from './runtimeSpec.js';

export interface ProcessFacts {
  readonly capabilities: readonly string[];
  readonly hostname: string;
  readonly isAdmin: boolean;
  readonly host: HostFacts;
}

export function processOf(spec: ContainerSpec, image: ImageDefaults, facts: ProcessFacts): ProcessSpec {
  return {
    terminal: spec.terminal,
    // Who it really is says the user string, looked up in the container's own passwd file.
    user: {
      uid: 0,
      gid: 0,
      umask: spec.umask ?? CONTAINER_DEFAULTS.umask,
      ...(spec.additionalGroups === undefined ? {} : { additionalGids: spec.additionalGroups }),
    },
    args: argumentsOf(spec, image),
    env: environmentOf([...image.environment, ...spec.environment], facts.hostname, spec.terminal),
    cwd: spec.workingDirectory ?? (image.workingDirectory || '/'),
    capabilities: capabilitySets(facts.capabilities),
    rlimits: rlimitsOf(spec, facts.host),
    noNewPrivileges: noNewPrivileges(spec, facts.isAdmin),
    ...(spec.oomScoreAdjustment === undefined ? {} : { oomScoreAdj: spec.oomScoreAdjustment }),
  };
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string | undefined;
  readonly terminal: boolean;
}

/** As the main process, with its own command: rights, rlimits and groups are the container's. */
export function execProcessOf(main: ProcessSpec, request: ExecRequest): ProcessSpec {
  const inherited = main.env.filter((entry) => nameOf(entry) !== 'TERM');
  return {
    ...main,
    terminal: request.terminal,
    args: request.command,
    env: merge([...(request.terminal ? ['TERM=xterm'] : []), ...inherited, ...request.environment]),
    cwd: request.workingDirectory ?? main.cwd,
  };
}

/** An entrypoint of the spec takes the image's command away, as in Docker. */
export function argumentsOf(spec: ContainerSpec, image: ImageDefaults): readonly string[] {
  const command = spec.command ?? (spec.entrypoint === undefined ? image.command : []);
  return [...(spec.entrypoint ?? image.entrypoint), ...command];
}

/** Every process that the kernel lets set-user-id programs raise is one more way out: only an admin's default leaves it open. */
export function noNewPrivileges(spec: ContainerSpec, isAdmin: boolean): boolean {
  return spec.noNewPrivileges ?? !isAdmin;
}

export function checkProcess(spec: ContainerSpec, image: ImageDefaults, isAdmin: boolean): Refusal | null {
  if (argumentsOf(spec, image).length === 0) return invalid('spec.command', 'neither the request nor the image names a command');
  if (argumentsOf(spec, image)[0] === '') return invalid('spec.command', 'the name of the program is empty');
  const adjustment = spec.oomScoreAdjustment ?? 0;
  if (adjustment < 0 && !isAdmin) return denied('a negative value lets others be killed first', 'spec.oomScoreAdjustment');
  return firstRefusal(spec.rlimits.map((rlimit, i) => () => checkRlimit(rlimit, `spec.rlimits.${i}`, isAdmin)));
}

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function environmentOf(asked: readonly string[], hostname: string, terminal: boolean): readonly string[] {
  return merge([DEFAULT_PATH, `HOSTNAME=${hostname}`, ...(terminal ? ['TERM=xterm'] : []), ...asked]);
}

/** A later entry replaces an earlier one of the same name, in its place. An entry of an image without `=` is no variable. */
function merge(entries: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const entry of entries) if (entry.indexOf('=') > 0) byName.set(nameOf(entry), entry);
  return [...byName.values()];
}

const nameOf = (entry: string): string => entry.slice(0, entry.indexOf('='));

/** Inheritable and ambient stay empty: a program of another user gains nothing by an execve (CVE-2022-24769). */
function capabilitySets(names: readonly string[]): CapabilitySets {
  return { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] };
}

/** No core files (a host's core_pattern may run a program as root), and the usual number of open files, unless the spec says otherwise. */
function rlimitsOf(spec: ContainerSpec, host: HostFacts): readonly Rlimit[] {
  const { soft, hard } = CONTAINER_DEFAULTS.openFiles;
  const openFiles = Math.min(hard, host.maxOpenFiles);
  const defaults: readonly Rlimit[] = [
    { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    { type: 'RLIMIT_NOFILE', soft: Math.min(soft, openFiles), hard: openFiles },
  ];
  return [...defaults.filter(({ type }) => !spec.rlimits.some((rlimit) => rlimit.type === type)), ...spec.rlimits];
}

/** getrlimit(2). For a user: null where any value is his own affair, else the highest that he may have. */
const USER_MAXIMUM: Readonly<Record<string, number | null>> = {
  RLIMIT_AS: null,
  RLIMIT_CORE: null,
  RLIMIT_CPU: null,
  RLIMIT_DATA: null,
  RLIMIT_FSIZE: null,
  RLIMIT_LOCKS: null,
  RLIMIT_MEMLOCK: USER_RLIMITS.lockedMemoryBytes,
  RLIMIT_MSGQUEUE: 819_200,
  RLIMIT_NICE: 0,
  RLIMIT_NOFILE: USER_RLIMITS.openFiles,
  RLIMIT_NPROC: null,
  RLIMIT_RSS: null,
  RLIMIT_RTPRIO: 0,
  RLIMIT_RTTIME: null,
  RLIMIT_SIGPENDING: 65_536,
  RLIMIT_STACK: null,
};

function checkRlimit({ type, soft, hard }: Rlimit, field: string, isAdmin: boolean): Refusal | null {
  if (!Object.hasOwn(USER_MAXIMUM, type)) return invalid(`${field}.type`, `${type} is not a limit of Linux`);
  if (soft > hard) return invalid(`${field}.soft`, 'is above the hard limit');
  const maximum = USER_MAXIMUM[type] ?? null;
  return maximum !== null && hard > maximum && !isAdmin ? denied(`more than ${maximum} of ${type} needs an administrator`, `${field}.hard`) : null;
}
