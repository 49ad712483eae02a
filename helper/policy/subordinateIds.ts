// Subordinate ids (subuid(5), subgid(5)): finds the range that a caller's containers run on, and refuses what would let them meet
// another user's ids. Pure: the files' contents come in as text.
import { denied, type Refusal } from './refusal.js';
import type { IdMapping } from './runtimeSpec.js';

/** Contents of /etc/subuid, /etc/subgid and /etc/passwd; empty when the file is not there. */
export interface AccountFiles {
  readonly subuid: string;
  readonly subgid: string;
  readonly passwd: string;
}

/** `linux.uidMappings` and `linux.gidMappings` of a container. */
export interface IdMap {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

export interface Range {
  /** A name or a number, as the file has it. */
  readonly owner: string;
  readonly start: number;
  readonly count: number;
}

/** A container has the ids 0 to 65,535: what images expect (nobody is 65,534). */
export const IDS_PER_CONTAINER = 65_536;
/** Below are the ids of real accounts, of systemd's dynamic users, and nobody. */
const LOWEST_SUBORDINATE_ID = 65_536;
/** 2^32 - 1 means "no change" to chown(2) and setresuid(2). */
const HIGHEST_ID = 2 ** 32 - 2;

/** The id map of `uid`'s containers, or the reason why he can't have one, with the command that gives it to him. */
export function idMapOf(uid: number, files: AccountFiles): IdMap | Refusal {
  const name = accountName(uid, files.passwd);
  const uids = rangeOf('uid', uid, name, parseRanges(files.subuid), accountIds(files.passwd));
  if ('reason' in uids) return withRemedy(uids, uid, name, files);
  const gids = rangeOf('gid', uid, name, parseRanges(files.subgid), []);
  if ('reason' in gids) return withRemedy(gids, uid, name, files);
  return { uids: [mapping(uids)], gids: [mapping(gids)] };
}

/** For a container that is there: its ids may have been given to somebody else since it was made. Null: they are `uid`'s still. */
export function checkIdMap(uid: number, map: IdMap, files: AccountFiles): Refusal | null {
  const now = idMapOf(uid, files);
  if ('reason' in now) return now;
  if (isSame(now.uids, map.uids) && isSame(now.gids, map.gids)) return null;
  return denied(`the subordinate ids of uid ${uid} are not those that the container was made with: make it anew`);
}

/** The lines `owner:start:count`; whatever else is in the file is passed over, as shadow(3) does. */
export function parseRanges(text: string): readonly Range[] {
  return text.split('\n').flatMap((line) => {
    const [, owner, start, count] = /^([^:#\s][^:]*):(\d{1,10}):(\d{1,10})$/.exec(line.trim()) ?? [];
    if (owner === undefined || start === undefined || count === undefined) return [];
    return [{ owner, start: Number(start), count: Number(count) }];
  });
}

/** The name of `uid` in a passwd(5) file; null: it has none there. */
export function accountName(uid: number, passwd: string): string | null {
  const line = passwd.split('\n').find((candidate) => candidate.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? null;
}

function rangeOf(kind: 'uid' | 'gid', uid: number, name: string | null, ranges: readonly Range[], accounts: readonly number[]): Range | Refusal {
  const isOwn = (range: Range): boolean => range.owner === name || range.owner === String(uid);
  const own = ranges.filter(isOwn);
  const fit = own.filter((range) => range.count >= IDS_PER_CONTAINER);
  const [first] = fit;
  if (first === undefined) return denied(own.length === 0 ? `no subordinate ${kind}s` : `subordinate ${kind} ranges of less than ${IDS_PER_CONTAINER}`);
  const others = ranges.filter((range) => !isOwn(range));
  const usable = fit.find((range) => objection(range, others, accounts) === null);
  return usable ?? denied(`subordinate ${kind}s that ${objection(first, others, accounts) ?? ''}`);
}

/** Why the ids of `range` that a container would get are not its owner's alone; null: they are. */
function objection(range: Range, others: readonly Range[], accounts: readonly number[]): string | null {
  const used = { ...range, count: IDS_PER_CONTAINER };
  if (used.start < LOWEST_SUBORDINATE_ID) return `begin below ${LOWEST_SUBORDINATE_ID}, among the ids of accounts`;
  if (used.start + used.count - 1 > HIGHEST_ID) return 'go beyond the highest id';
  const other = others.find((candidate) => overlap(used, candidate));
  if (other !== undefined) return `overlap with those of ${other.owner}`;
  const account = accounts.find((id) => id >= used.start && id < used.start + used.count);
  return account === undefined ? null : `hold the id of an account (${account})`;
}

function withRemedy(refusal: Refusal, uid: number, name: string | null, files: AccountFiles): Refusal {
  const start = firstFree([...parseRanges(files.subuid), ...parseRanges(files.subgid)]);
  const range = `${start}-${start + IDS_PER_CONTAINER - 1}`;
  const remedy =
    name === null
      ? `add the line ${uid}:${start}:${IDS_PER_CONTAINER} to /etc/subuid and /etc/subgid`
      : `sudo usermod --add-subuids ${range} --add-subgids ${range} ${name}`;
  return { ...refusal, reason: `uid ${uid} has ${refusal.reason}; to give some: ${remedy}` };
}

/** Where useradd(8) would put the next range: from 100,000 on, above all that are given away. */
function firstFree(ranges: readonly Range[]): number {
  const end = Math.max(100_000, ...ranges.map((range) => range.start + range.count));
  return end;
}

function accountIds(passwd: string): readonly number[] {
  return passwd.split('\n').flatMap((line) => {
    const id = line.split(':')[2];
    return id !== undefined && /^\d+$/.test(id) ? [Number(id)] : [];
  });
}

const isSame = (a: readonly IdMapping[], b: readonly IdMapping[]): boolean =>
  a.length === b.length && a.every((one, i) => one.containerID === b[i]?.containerID && one.hostID === b[i].hostID && one.size === b[i].size);
const overlap = (a: Range, b: Range): boolean => a.start < b.start + b.count && b.start < a.start + a.count;
const mapping = (range: Range): IdMapping => ({ containerID: 0, hostID: range.start, size: IDS_PER_CONTAINER });
