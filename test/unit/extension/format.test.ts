// Ages, sizes and the ledger's waterfall.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { ageOf, formatBytes, signalName } from '../../../extension/model/age.js';
import { bar, groupsOf, shortObject, slowest, title, waterfall as wholeWaterfall } from '../../../extension/model/waterfall.js';
import type { LedgerEntry, LedgerStep } from '../../../protocol/containers.js';
import { inRepository } from '../../support/repository.js';

test('an age has one unit, and steps of five below a minute', () => {
  const table: [number, number, string][] = [
    [-3_000, 0, 'now'],
    [4_999, 0, 'now'],
    [5_000, 5, 'second'],
    [59_999, 55, 'second'],
    [60_000, 1, 'minute'],
    [3_599_000, 59, 'minute'],
    [3_600_000, 1, 'hour'],
    [86_399_000, 23, 'hour'],
    [86_400_000 * 400, 400, 'day'],
  ];
  for (const [ms, value, unit] of table) assert.deepEqual(ageOf(1_000_000, 1_000_000 + ms), { value, unit });
});

test('sizes have three digits at most', () => {
  assert.deepEqual([0, 999, 1_000, 4_249_000, 117_000_000, 2.5e15].map(formatBytes), ['0 B', '999 B', '1.0 kB', '4.2 MB', '117 MB', '2500 TB']);
  assert.deepEqual([9, 15, 64].map(signalName), ['SIGKILL', 'SIGTERM', undefined]);
});

const HEAD = { at: 'at µs', duration: 'for µs', share: 'share', step: 'step', time: 'when', object: 'of what' };

/** Without its head. */
const waterfall = (entry: LedgerEntry) => wholeWaterfall(entry, HEAD).slice(1);

const GROUP = `/sys/fs/cgroup/memory/bulkhead-1a2b/${'0f'.repeat(32)}`;

/** Each step takes 10 µs and follows at once on the one before. */
function operation(...steps: readonly [step: string, object?: string, errno?: number][]): LedgerEntry {
  const timed = steps.map(([step, object = '', errno = 0], at): LedgerStep => ({ step, object, errno, startUs: at * 10, durationUs: 10 }));
  return { operation: 'start', atMs: 0, durationUs: steps.length * 10, steps: timed };
}

test('a waterfall has a line for each step, its bar where its time was', () => {
  const entry: LedgerEntry = {
    operation: 'start',
    atMs: 0,
    durationUs: 1_000,
    steps: [
      { step: 'clone', startUs: 0, durationUs: 500, errno: 0, object: 'pid net' },
      { step: 'mount', startUs: 500, durationUs: 250, errno: 0, object: '/`\n' },
      { step: 'execute', startUs: 999, durationUs: 1, errno: 2, object: '/bin/x' },
    ],
  };
  const lines = waterfall(entry);
  assert.match(lines[0]!, /^ {5}0 {4}500 {3}50 % {2}clone {4}█{12} {12} {2}pid net$/);
  assert.match(lines[1]!, /^ {3}500 {4}250 {3}25 % {2}mount {4} {12}█{6} {6} {2}\/··$/);
  assert.match(lines[2]!, /<1 % {2}execute {2} {23}▌ {2}\/bin\/x {2}✗ ENOENT$/);
  assert.deepEqual(slowest(entry, 2).map(title), ['clone', 'mount']);
  assert.equal(bar({ startUs: 5_000, durationUs: 9_000 }, 1_000).length, 24, 'a bar never leaves its columns');
});

test('a waterfall has a head, and columns as wide as their longest number', () => {
  const slow: LedgerEntry = {
    operation: 'stop',
    atMs: 0,
    durationUs: 12_345_678,
    steps: [
      { step: 'pidfd_send_signal', startUs: 400, durationUs: 50, errno: 0, object: 'pid 7' },
      { step: 'cgroup.kill', startUs: 12_000_000, durationUs: 1_345_678, errno: 0, object: '/group' },
    ],
  };
  const [head, first, second] = wholeWaterfall(slow, HEAD) as [string, string, string];
  assert.equal(head, '   at µs  for µs  share  step               when                      of what');
  for (const line of [first, second]) assert.equal(line.search(/pidfd|cgroup/), head.indexOf('step'), line);
  assert.equal(first.indexOf('pid 7'), head.indexOf('of what'));
  assert.match(second, /^12000000 1345678 {3}10 %/);
});

test('what a start takes before its first step has a name', () => {
  const steps: LedgerStep[] = [{ step: 'monitor', startUs: 2_600, durationUs: 400, errno: 0, object: '' }];
  const started: LedgerEntry = { operation: 'start', atMs: 0, durationUs: 3_000, steps };
  assert.match(waterfall(started)[0]!, /^ {5}0 {3}2600 {3}87 % {2}launch/);
  assert.equal(waterfall(started).length, 2);
  assert.equal(waterfall({ ...started, operation: 'stop' }).length, 1);
});

test('every step has a meaning', () => {
  const native = /kNames\[\] = \{([^}]*)\}/.exec(fs.readFileSync(inRepository('native/src/core/plan/steps.h'), 'utf8'))?.[1] ?? '';
  const names = [...native.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name).filter((name) => name !== 'none');
  const sources = fs.readdirSync(inRepository('helper/engine'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const source of sources) {
    const text = fs.readFileSync(inRepository('helper/engine', source), 'utf8');
    names.push(...[...text.matchAll(/\.step\('([^']+)'/g)].map(([, name = '']) => name));
  }
  assert.ok(names.length > 30 && names.includes('pidfd_send_signal'));
  const meanings = fs.readFileSync(inRepository('extension/documents/stepMeaning.ts'), 'utf8');
  const missing = names.filter((name) => !meanings.includes(`'${name}': `) && !meanings.includes(` ${name}: `));
  assert.deepEqual(missing, []);
});

test('steps of one kind that follow one another are one line, also where two kinds take turns', () => {
  const turns = operation(
    ['cgroup-create', `${GROUP}`],
    ['cgroup-join', `${GROUP}/tasks`],
    ['cgroup-create', GROUP.replace('memory', 'pids')],
    ['cgroup-join', `${GROUP.replace('memory', 'pids')}/tasks`],
    ['clone'],
    ['cgroup-join'],
    ['mount', '/proc'],
    ['mount', '/dev'],
  );
  assert.deepEqual(groupsOf(turns).map(title), ['cgroup-create ×2', 'cgroup-join ×2', 'clone', 'cgroup-join', 'mount ×2']);
  const [created, joined] = groupsOf(turns);
  assert.deepEqual([created?.objects, created?.startUs, created?.durationUs], [['memory', 'pids'], 0, 20]);
  assert.deepEqual([joined?.objects, joined?.startUs], [['tasks'], 10]);
  assert.match(waterfall(turns).at(-1)!, / 60 {5}20 {3}25 % {2}mount ×2 .* {2}\/proc, \/dev$/);
});

test('a step that failed has a line of its own, and parts those around it', () => {
  const failing = operation(['mount', '/a'], ['mount', '/b'], ['mount', '/c', 13], ['mount', '/d'], ['mount', '/e']);
  assert.deepEqual(groupsOf(failing).map(title), ['mount ×2', 'mount', 'mount ×2']);
  assert.deepEqual(
    waterfall(failing).map((line) => line.includes('✗ EACCES')),
    [false, true, false],
  );
});

test('lines fit into a narrow editor, and say what tells objects apart', () => {
  const many = Array.from({ length: 40 }, (_, at): [string, string] => ['readonly-path', `/proc/${at}`]);
  const wide = waterfall(operation(...many, ['root-mount', `/var/lib/bulkhead/containers/${'0f'.repeat(32)}/upper`], ['lookup', `/${'x'.repeat(300)}`]));
  assert.ok(
    wide.every((line) => line.length <= 88),
    String(Math.max(...wide.map((line) => line.length))),
  );
  assert.match(wide[0]!, /readonly-path ×40 .*, …$/);
  const table: [string, string][] = [
    [`${GROUP}/memory.max`, 'memory.max'],
    [GROUP, 'memory'],
    [GROUP.replace('/memory', ''), '0f0f0f0f0f0f'],
    [`/data/containers/${'0f'.repeat(32)}/upper`, '…/0f0f0f0f0f0f/upper'],
    ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/memory'],
    ['a\u0000b`', 'a·b·'],
  ];
  for (const [object, short] of table) assert.equal(shortObject(object), short);
});
