// The run form: words, limits, problems as one types, and specs that the protocol's own schema accepts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankForm, commandProblem, environmentProblem, isProblem, nameProblem, parseBytes, parseLimits, specOf } from '../../../extension/model/runForm.js';
import { joinWords, splitWords } from '../../../extension/model/words.js';
import { containerSpec, limits } from '../../../protocol/containers.js';
import { containerName } from '../../../protocol/scalars.js';

test('words are split as a shell does, and nothing is expanded', () => {
  const table: [string, string[] | undefined][] = [
    ['', []],
    ['  ls   -l\t/tmp ', ['ls', '-l', '/tmp']],
    [`sh -c 'echo "$HOME" *'`, ['sh', '-c', 'echo "$HOME" *']],
    [`a"b c"'d e'f`, ['ab cd ef']],
    [`"" ''`, ['', '']],
    ['a\\ b "\\"\\n\\\\"', ['a b', '"\\n\\']],
    ['"open', undefined],
    ["it's", undefined],
    ['end\\', undefined],
  ];
  for (const [line, words] of table) assert.deepEqual(splitWords(line), words, line);
});

test('joined words split into the same words', () => {
  const words = ['plain', '', 'two words', `quo'te`, '"double"', '$HOME', 'back\\slash', 'ünïcode'];
  assert.deepEqual(splitWords(joinWords(words)), words);
});

test('the name check agrees with the protocol', () => {
  for (const name of ['a', 'ab', 'web-1', '-web', '_x', 'a b', 'a'.repeat(63), 'a'.repeat(64), 'ünï', 'a.b_c']) {
    assert.equal(nameProblem(name, () => false) === undefined, containerName.safeParse(name).success, name);
  }
  assert.deepEqual(
    nameProblem('web', (name) => name === 'web'),
    { code: 'nameTaken' },
  );
  assert.equal(
    nameProblem('', () => true),
    undefined,
    'an empty name is made up',
  );
});

test('sizes have units', () => {
  const table: [string, number | undefined][] = [
    ['100', 100],
    ['64k', 65_536],
    ['256M', 268_435_456],
    ['1.5g', 1_610_612_736],
    ['1GiB', 1_073_741_824],
    ['-1', undefined],
    ['m', undefined],
    ['12x', undefined],
  ];
  for (const [text, bytes] of table) assert.equal(parseBytes(text), bytes, text);
});

test('limits are parsed, within the bounds of the protocol', () => {
  assert.deepEqual(parseLimits(' memory=256m  cpus=0.5 pids=100 '), { memoryBytes: 268_435_456, cpus: 0.5, pids: 100 });
  assert.deepEqual(parseLimits('memory=64m swap=unlimited'), { memoryBytes: 67_108_864, memorySwapBytes: -1 });
  assert.deepEqual(parseLimits(''), {});
  for (const line of ['memory=1m', 'memory=2048t', 'cpus=0', 'cpus=-1', 'pids=0', 'pids=1.5', 'pids=', 'memory']) {
    const parsed = parseLimits(line);
    assert.ok(isProblem(parsed) && parsed.code === 'badLimit', line);
  }
  assert.deepEqual(parseLimits('disk=1g'), { code: 'unknownLimit', word: 'disk=1g' });
  for (const line of ['memory=6m', 'memory=1t', 'cpus=0.01 pids=1', 'cpus=4096 pids=4194304']) assert.ok(limits.safeParse(parseLimits(line)).success, line);
});

test('the checks name what is wrong', () => {
  assert.deepEqual(commandProblem('echo "a'), { code: 'openQuote' });
  assert.equal(commandProblem('echo a'), undefined);
  assert.deepEqual(environmentProblem('A=1 B'), { code: 'notAssignment', word: 'B' });
  assert.deepEqual(environmentProblem('=1'), { code: 'notAssignment', word: '=1' });
  assert.equal(environmentProblem('A=1 B="two words" C='), undefined);
});

test('a form makes a spec that the protocol accepts', () => {
  const form = {
    ...blankForm,
    image: 'bulkhead/busybox:latest',
    name: 'web',
    command: `httpd -f -h '/srv/my files'`,
    isInteractive: false,
    environment: 'A=1 B="two words"',
    mounts: [{ type: 'bind', source: '/home/me/site', target: '/workspaces/site', readOnly: true }],
    limits: 'memory=64m',
    restart: { name: 'on-failure', maximumRetryCount: 5 },
  } as const;
  const spec = containerSpec.parse(specOf(form));
  assert.deepEqual(spec.command, ['httpd', '-f', '-h', '/srv/my files']);
  assert.deepEqual(spec.environment, ['A=1', 'B=two words']);
  assert.equal(spec.limits.memoryBytes, 67_108_864);
  assert.deepEqual([spec.terminal, spec.openStdin, spec.name], [false, false, 'web']);
  const blank = containerSpec.parse(specOf({ ...blankForm, image: 'busybox' }));
  assert.deepEqual([blank.command, blank.name, blank.terminal, blank.openStdin], [undefined, undefined, true, true]);
  assert.throws(() => specOf({ ...form, command: '"' }), RangeError);
});
