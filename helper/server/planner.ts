// The engine's planner, made of the policy: gathers what the pure functions need from the host's files, and turns their
// refusals into failures. It decides nothing itself.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../engine/failure.js';
import type { Planner } from '../engine/planner.js';
import { buildConfig } from '../policy/buildConfig.js';
import { checkThrottled, devicePaths } from '../policy/devices.js';
import type { DeviceNode, DeviceNodes, HostFacts } from '../policy/hostFacts.js';
import { UID_LIMITS } from '../policy/limits.js';
import { execProcessOf } from '../policy/process.js';
import type { Refusal } from '../policy/refusal.js';
import { checkLimits, mergeLimits, resourcesOfUpdate } from '../policy/resources.js';
import type { LinuxSpec, ProcessSpec } from '../policy/runtimeSpec.js';
import { specBytes } from '../policy/size.js';
import { checkIdMap, type AccountFiles } from '../policy/subordinateIds.js';

export function createPlanner(host: HostFacts): Planner {
  return {
    async plan({ caller, id, spec, image, cgroupPath }) {
      const [accounts, devices] = await Promise.all([accountFiles(), deviceNodes(devicePaths(spec))]);
      const built = allowed(buildConfig({ id, spec, image, owner: caller, cgroupPath, host, accounts, devices }));
      const owner = built.idMap === null ? null : { uid: caller.uid, gid: caller.gid };
      return {
        config: { ...built.config },
        binds: built.binds.map((bind) => ({ ...bind, owner })),
        user: built.user,
        idMapped: built.idMap !== null,
        noSuid: built.noSuid,
      };
    },

    admitContainer(_caller, held, spec) {
      if (held.count >= UID_LIMITS.containers) throw new Failure('LIMIT', { reason: `a user can have ${UID_LIMITS.containers} containers` });
      if (held.specBytes + specBytes(spec) <= UID_LIMITS.specBytes) return;
      throw new Failure('LIMIT', { reason: `the specs of a user’s containers can have ${UID_LIMITS.specBytes} bytes together` });
    },

    async admitLaunch(owner, config) {
      const { uidMappings, gidMappings } = linuxIn(config);
      if (uidMappings === undefined && gidMappings === undefined) return;
      const refusal = checkIdMap(owner.uid, { uids: uidMappings ?? [], gids: gidMappings ?? [] }, await accountFiles());
      if (refusal !== null) throw failure(refusal);
    },

    admitExec(count) {
      if (count >= UID_LIMITS.execsPerContainer)
        throw new Failure('LIMIT', { reason: `${UID_LIMITS.execsPerContainer} commands can run in a container beside its own` });
    },

    planExec({ config, ...request }) {
      return { ...config, process: execProcessOf(processIn(config), request) };
    },

    async planUpdate(_caller, current, update) {
      const limits = mergeLimits(current, update);
      const devices = await deviceNodes([...(current.ioDevices ?? []), ...(update.ioDevices ?? [])].map(({ path: name }) => name));
      const refusal = checkLimits(limits, host, 'limits') ?? checkThrottled(update.ioDevices ?? [], devices, 'limits');
      if (refusal !== null) throw failure(refusal);
      return { limits, resources: { ...resourcesOfUpdate(current, update, devices, host) } };
    },
  };
}

function allowed<T extends object>(outcome: T | Refusal): T {
  if ('reason' in outcome) throw failure(outcome);
  return outcome;
}

export function failure({ code, field, reason }: Refusal): Failure {
  return new Failure(code, { reason, ...(field === undefined ? {} : { field }) });
}

/** Read at every plan: ids given to another user since are not to be handed out. */
async function accountFiles(): Promise<AccountFiles> {
  const [subuid, subgid, passwd] = await Promise.all(['/etc/subuid', '/etc/subgid', '/etc/passwd'].map(textOf));
  return { subuid: subuid ?? '', subgid: subgid ?? '', passwd: passwd ?? '' };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

async function deviceNodes(paths: readonly string[]): Promise<DeviceNodes> {
  const found = await Promise.all([...new Set(paths)].map(async (name) => [name, await deviceNode(name)] as const));
  return new Map(found.filter((entry): entry is readonly [string, DeviceNode] => entry[1] !== null));
}

/** Looks only where root alone makes entries; it asks for numbers and opens nothing. */
async function deviceNode(name: string): Promise<DeviceNode | null> {
  const flat = path.posix.normalize(name);
  if (!flat.startsWith('/dev/') || /^\/dev\/(shm|mqueue|pts|fd)(\/|$)/.test(flat)) return null;
  const found = await stat(flat).catch(() => null);
  if (found === null || !(found.isBlockDevice() || found.isCharacterDevice())) return null;
  return { type: found.isBlockDevice() ? 'b' : 'c', ...numbers(found.rdev) };
}

/** gnu_dev_major(3), gnu_dev_minor(3): 12 and 20 bits, interleaved. */
function numbers(rdev: number): { major: number; minor: number } {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}

/** As {@link processIn}. */
function linuxIn(config: Readonly<Record<string, unknown>>): Pick<LinuxSpec, 'uidMappings' | 'gidMappings'> {
  return config['linux'] ?? {};
}

/** Our own config, written by {@link buildConfig} and kept by the engine: its process is a {@link ProcessSpec}. */
function processIn(config: Readonly<Record<string, unknown>>): ProcessSpec {
  return config['process'] as ProcessSpec;
}
