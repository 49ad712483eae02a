// A signal as one types it: what passes is what the protocol takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSignal } from '../../../extension/model/signal.js';
import { signal } from '../../../protocol/scalars.js';

test('names and numbers are signals, other things are not', () => {
  const table: [string, string | number | undefined][] = [
    [' sigwinch ', 'SIGWINCH'],
    ['hup', 'HUP'],
    ['SIGRTMIN+1', 'SIGRTMIN+1'],
    ['28', 28],
    ['0', undefined],
    ['65', undefined],
    ['-9', undefined],
    ['', undefined],
    ['SIG TERM', undefined],
  ];
  for (const [typed, meant] of table) {
    assert.equal(parseSignal(typed), meant, typed);
    if (meant !== undefined) assert.ok(signal.safeParse(meant).success, typed);
  }
});
