// The ledger's steps as lines of a chart: when each began, how long it took, its share of the whole. Pure.
import { getSystemErrorName } from 'node:util';
import type { LedgerEntry, LedgerStep } from '../../protocol/containers.js';

/** Of the bar's time line. */
const COLUMNS = 24;
/** A line is no longer than this, unless a failure's words are: what a rendered block shows without wrapping in half a window. */
const LINE_MOST = 88;
const OBJECT_LEAST = 12;
/** Eighths of a column, the left ones filled. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** Thinner ones can hardly be seen. */
const EIGHTHS_LEAST = 4;

/** Steps of one kind that followed one another and succeeded; or a single one that failed. */
export interface StepGroup {
  readonly step: string;
  readonly count: number;
  /** Of the first of them. */
  readonly startUs: number;
  /** Of all of them together. */
  readonly durationUs: number;
  readonly errno: number;
  /** In their order, shortened, each once. */
  readonly objects: readonly string[];
}

/** The words above the columns of a {@link waterfall}. */
export interface WaterfallHead {
  readonly at: string;
  readonly duration: string;
  readonly share: string;
  readonly step: string;
  readonly time: string;
  readonly object: string;
}

/** A head, then one line a group: start and duration in µs, share, step, its bar on the operation's time line, objects. Columns are aligned. */
export function waterfall(entry: LedgerEntry, head: WaterfallHead): string[] {
  const groups = [...launchOf(entry), ...groupsOf(entry)];
  const totalUs = Math.max(1, entry.durationUs, ...groups.map((group) => group.startUs + group.durationUs));
  const widths = {
    at: widest([head.at, ...groups.map(({ startUs }) => micros(startUs))], NUMBER_LEAST),
    duration: widest([head.duration, ...groups.map(({ durationUs }) => micros(durationUs))], NUMBER_LEAST),
    share: widest([head.share], SHARE_LEAST),
    step: widest([head.step, ...groups.map(title)], 0),
  };
  const first = row(widths, { ...head, time: head.time.padEnd(COLUMNS) }) + head.object;
  return [first.trimEnd(), ...groups.map((group) => line(group, totalUs, widths))];
}

/** What a start takes before the first of its steps: the program that does them all is being started. */
function launchOf({ operation, steps: [first] }: LedgerEntry): readonly StepGroup[] {
  if ((operation !== 'start' && operation !== 'prepare') || first === undefined || first.step === 'launch' || first.startUs < 1) return [];
  return [{ step: 'launch', count: 1, startUs: 0, durationUs: first.startUs, errno: 0, objects: [] }];
}

/**
 * Kinds of one family take turns (`cgroup-create`, `cgroup-join`, one of each for every controller): they are told apart all the same.
 * What failed stands alone, and what came after it begins anew.
 */
export function groupsOf({ steps }: LedgerEntry): StepGroup[] {
  const groups: StepGroup[] = [];
  /** Where in `groups` those are that a further step may join, by their kind. */
  const open = new Map<string, number>();
  let family = '';
  for (const step of steps) {
    if (step.errno !== 0 || familyOf(step) !== family) open.clear();
    family = familyOf(step);
    const at = open.get(step.step);
    const group = at === undefined ? undefined : groups[at];
    if (step.errno === 0 && at !== undefined && group !== undefined) groups[at] = joined(group, step);
    else groups.push(joined({ ...step, count: 0, durationUs: 0, objects: [] }, step));
    if (step.errno === 0 && at === undefined) open.set(step.step, groups.length - 1);
    if (step.errno !== 0) family = '';
  }
  return groups;
}

/** What took longest, the longest first. */
export function slowest(entry: LedgerEntry, count: number): readonly StepGroup[] {
  return groupsOf(entry)
    .sort((a, b) => b.durationUs - a.durationUs)
    .slice(0, count);
}

/** `cgroup-limit ×14`. */
export function title({ step, count }: StepGroup): string {
  return count === 1 ? step : `${step} ×${count}`;
}

/** At least half a column wide: every step is seen. */
export function bar({ startUs, durationUs }: Pick<StepGroup, 'startUs' | 'durationUs'>, totalUs: number): string {
  const from = Math.min(COLUMNS - 1, Math.floor((startUs / totalUs) * COLUMNS));
  const eighths = Math.max(EIGHTHS_LEAST, Math.round((durationUs / totalUs) * COLUMNS * 8));
  const filled = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return (' '.repeat(from) + filled).slice(0, COLUMNS).padEnd(COLUMNS);
}

/** What tells an object apart: of paths in a container's own folder or control group what comes after (or before) its id. */
export function shortObject(object: string): string {
  const text = object.replace(UNPRINTABLE, '·');
  const [, before = '', id, rest = ''] = /^(.*?)\/([0-9a-f]{64})(?:\/(.*))?$/.exec(text) ?? [];
  if (id === undefined) return text.replace(/[0-9a-f]{64}/g, (hex) => hex.slice(0, 12));
  if (!before.startsWith(CGROUPS)) return `…/${id.slice(0, 12)}${rest === '' ? '' : `/${rest}`}`;
  return rest || before.slice(CGROUPS.length).replace(/^\//, '').replace(OWN_GROUP, '') || id.slice(0, 12);
}

const NUMBER_LEAST = 6;
const SHARE_LEAST = 5;
const CGROUPS = '/sys/fs/cgroup';
/** The helper's group above those of its containers. */
const OWN_GROUP = /\/?bulkhead[^/]*$/;
/** Objects are paths and names that a container may have chosen: no line ends, and no end of the code block that they stand in. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029`]/g;

function joined(group: StepGroup, step: LedgerStep): StepGroup {
  const object = shortObject(step.object);
  const objects = object === '' || group.objects.includes(object) ? group.objects : [...group.objects, object];
  return { ...group, count: group.count + 1, durationUs: group.durationUs + step.durationUs, objects };
}

function familyOf({ step }: LedgerStep): string {
  return step.split('-', 1)[0] ?? step;
}

interface Widths {
  readonly at: number;
  readonly duration: number;
  readonly share: number;
  readonly step: number;
}

function widest(texts: readonly string[], least: number): number {
  return Math.max(least, ...texts.map((text) => text.length));
}

/** All columns but the last. */
function row(widths: Widths, { at, duration, share, step, time }: Omit<WaterfallHead, 'object'>): string {
  const numbers = `${at.padStart(widths.at)} ${duration.padStart(widths.duration)}  ${share.padStart(widths.share)}`;
  return `${numbers}  ${step.padEnd(widths.step)}  ${time}  `;
}

function line(group: StepGroup, totalUs: number, widths: Widths): string {
  const { startUs, durationUs } = group;
  const numbers = { at: micros(startUs), duration: micros(durationUs), share: share(durationUs / totalUs) };
  const chart = row(widths, { ...numbers, step: title(group), time: bar(group, totalUs) });
  const failed = group.errno === 0 ? '' : `  ✗ ${getSystemErrorName(-group.errno)}`;
  return `${chart}${list(group.objects, Math.max(OBJECT_LEAST, LINE_MOST - chart.length))}${failed}`.trimEnd();
}

/** As many as there is room for; of a single one its end. */
function list(objects: readonly string[], most: number): string {
  const [only = '', ...others] = objects;
  if (others.length === 0) return only.length > most ? `…${only.slice(1 - most)}` : only;
  const all = objects.join(', ');
  if (all.length <= most) return all;
  const cut = all.lastIndexOf(', ', most - 3);
  return cut > 0 ? `${all.slice(0, cut)}, …` : `${all.slice(0, most - 1)}…`;
}

function share(ratio: number): string {
  return ratio > 0 && ratio < 0.005 ? '<1 %' : `${Math.round(ratio * 100)} %`;
}

function micros(us: number): string {
  return Math.round(us).toString();
}
