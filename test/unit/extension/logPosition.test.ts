// A log that goes on in another stream: nothing is shown twice, nothing is left out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogPosition } from '../../../extension/terminals/logPosition.js';

const at = (nanoseconds: string) => `2026-01-02T03:04:05.${nanoseconds}Z`;
const shown = (position: LogPosition, ...times: readonly string[]) => times.filter((time) => position.isNew({ time }));

test('what the next stream repeats is left out, also of several records of one time', () => {
  const position = new LogPosition(7);
  const [first, second, third] = [at('100000000'), at('200000001'), at('200000002')];
  assert.equal(shown(position, first, second, second).length, 3);
  assert.equal(position.resume(), Date.parse('2026-01-02T03:04:05.200Z'));
  assert.deepEqual(shown(position, second, second, second, third), [second, third], 'the third of one time was cut off');
  assert.equal(position.resume(), Date.parse('2026-01-02T03:04:05.200Z'));
  assert.deepEqual(shown(position, second, second, second, third, at('3')), [at('3')]);
});

test('a log that was empty goes on where it was opened', () => {
  const position = new LogPosition(1_234);
  assert.equal(position.resume(), 1_234);
  assert.deepEqual(shown(position, at('1')), [at('1')]);
});

test('where the tail began in the middle of a write, its beginning is not shown later', () => {
  const position = new LogPosition(0);
  const burst = at('500000000');
  shown(position, burst, burst);
  position.resume();
  assert.deepEqual(shown(position, burst, burst, burst, burst, at('6')), [at('6')]);
});

test('a clock that is set back hides nothing for long', () => {
  const position = new LogPosition(0);
  shown(position, at('4'), at('5'));
  position.resume();
  assert.deepEqual(shown(position, at('5'), at('1'), at('2')), [at('1'), at('2')]);
});
