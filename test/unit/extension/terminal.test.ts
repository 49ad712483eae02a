// What a terminal needs beside VS Code: knowing where escape sequences end, flow control, and line editing without a terminal.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { EscapeTracker } from '../../../extension/terminals/escapeTracker.js';
import { FlowControl } from '../../../extension/terminals/flowControl.js';
import { PlainInput } from '../../../extension/terminals/plainInput.js';

const ESC = '\u001b';
const QUESTION = `${ESC}[?21573$p`;
const ANSWER = `${ESC}[?21573;0$y`;

test('the tracker knows when a sequence is open, wherever the chunks are cut', () => {
  const sequences = [`${ESC}[1;31m`, `${ESC}]0;title\u0007`, `${ESC}]8;;http://x${ESC}\\`, `${ESC}7`, `${ESC}(B`, `${ESC}P1$r0m${ESC}\\`, `${ESC}[?25h`];
  for (const sequence of sequences) {
    for (let cut = 1; cut < sequence.length; cut += 1) {
      const tracker = new EscapeTracker();
      tracker.push(`text${sequence.slice(0, cut)}`);
      assert.equal(tracker.isBetween, false, JSON.stringify([sequence, cut]));
      tracker.push(`${sequence.slice(cut)}text`);
      assert.equal(tracker.isBetween, true, JSON.stringify([sequence, cut]));
    }
  }
  const tracker = new EscapeTracker();
  tracker.push(`plain ${sequences.join(' and ')} end`);
  assert.equal(tracker.isBetween, true);
});

function controlled() {
  const calls: string[] = [];
  const flow = new FlowControl({
    write: (text) => calls.push(text === QUESTION ? 'ask' : `write ${text.length}`),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
  });
  return { calls, flow };
}

test('output that the terminal keeps up with is never held back', () => {
  const { calls, flow } = controlled();
  for (let n = 0; n < 100; n += 1) {
    flow.write('x'.repeat(32 * 1024));
    assert.equal(flow.filterInput(ANSWER), '');
  }
  flow.dispose();
  assert.equal(calls.filter((call) => call === 'ask').length, 100);
  assert.ok(!calls.includes('pause'));
});

test('reading stops while too much is unanswered, and goes on once the terminal has drawn most of it', () => {
  const { calls, flow } = controlled();
  for (let n = 0; n < 8; n += 1) flow.write('x'.repeat(32 * 1024));
  assert.equal(calls.at(-1), 'pause');
  for (let n = 0; n < 5; n += 1) flow.filterInput(ANSWER);
  assert.equal(calls.at(-1), 'pause', 'still more than the low-water mark on the way');
  flow.filterInput(ANSWER);
  flow.dispose();
  assert.equal(calls.at(-1), 'resume');
});

test('a terminal that answers nothing gets its output all the same, slowly', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { calls, flow } = controlled();
    flow.write('x'.repeat(300 * 1024));
    assert.equal(calls.at(-1), 'pause');
    mock.timers.tick(999);
    assert.equal(calls.at(-1), 'pause');
    mock.timers.tick(1);
    assert.equal(calls.at(-1), 'resume');
    flow.dispose();
  } finally {
    mock.timers.reset();
  }
});

test('no question is put into an open sequence, and answers are kept from the process', () => {
  const { calls, flow } = controlled();
  flow.write(`${'x'.repeat(40 * 1024)}${ESC}[3`);
  assert.ok(!calls.includes('ask'));
  flow.write('1mred');
  assert.equal(calls.at(-1), 'ask');
  assert.equal(flow.filterInput(`l${ANSWER}s\r`), 'ls\r');
  assert.equal(flow.filterInput(`${ESC}[A`), `${ESC}[A`);
  flow.dispose();
});

test('a process without a terminal gets lines, with echo, erase, interrupt and end of file', () => {
  const calls: string[] = [];
  const input = new PlainInput({
    echo: (text) => calls.push(`echo ${JSON.stringify(text)}`),
    send: (text) => calls.push(`send ${JSON.stringify(text)}`),
    closeInput: () => calls.push('eof'),
    signal: (number) => calls.push(`signal ${number}`),
  });
  for (const key of ['h', 'ö', '\u007f', 'i', `${ESC}[A`, '\r', '\u0004', 'x', '\u0003', 'y', '\u0004', '\u0004']) input.take(key);
  assert.deepEqual(calls, [
    'echo "h"',
    'echo "ö"',
    'echo "\\b \\b"',
    'echo "i"',
    'echo "\\r\\n"',
    'send "hi\\n"',
    'eof',
    'echo "x"',
    'echo "^C\\r\\n"',
    'signal 2',
    'echo "y"',
    'send "y"',
    'eof',
  ]);
});
