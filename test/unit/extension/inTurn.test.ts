// A series of questions about one draft: answers stay on the way back, and the shortcut takes what is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askInTurn, type Answer } from '../../../extension/model/inTurn.js';

interface Draft {
  readonly image: string;
  readonly name: string;
  readonly limits: string;
}
const blank: Draft = { image: '', name: '', limits: '' };
const fields = ['image', 'name', 'limits'] as const;

/** `moves`: what the user does, one after the other, with what he has typed; without a text it is as it was filled in. */
async function play(...moves: readonly [move: 'next' | 'back' | 'finish' | 'cancel', typed?: string][]) {
  const asked: string[] = [];
  let n = 0;
  const draft = await askInTurn(blank, fields.length, (before, at): Promise<Answer<Draft>> => {
    const field = fields[at] ?? assert.fail();
    const [move, typed = before[field]] = moves[n++] ?? assert.fail('asked once more than expected');
    asked.push(`${field}=${before[field]}`);
    return Promise.resolve(move === 'cancel' ? { move } : { move, value: { ...before, [field]: typed } });
  });
  assert.equal(n, moves.length);
  return { draft, asked };
}

test('each answer goes into the draft', async () => {
  assert.deepEqual((await play(['next', 'a'], ['next', 'b'], ['next', 'c'])).draft, { image: 'a', name: 'b', limits: 'c' });
});

test('what was answered later is still there after a step back and forward', async () => {
  const { draft, asked } = await play(['next', 'a'], ['next', 'b'], ['back', 'c'], ['back'], ['next'], ['next'], ['next']);
  assert.deepEqual(asked.slice(4), ['image=a', 'name=b', 'limits=c']);
  assert.deepEqual(draft, { image: 'a', name: 'b', limits: 'c' });
});

test('the shortcut takes what is typed in the step where it is pressed', async () => {
  assert.deepEqual((await play(['next', 'a'], ['finish', 'typed'])).draft, { image: 'a', name: 'typed', limits: '' });
});

test('who leaves has no draft, and a step that could not be accepted changes nothing on the way back', async () => {
  assert.equal((await play(['next', 'a'], ['cancel'])).draft, undefined);
  let n = 0;
  const draft = await askInTurn(blank, 2, (before): Promise<Answer<Draft>> => {
    n += 1;
    if (n === 2) return Promise.resolve({ move: 'back', value: undefined });
    return Promise.resolve({ move: n === 4 ? 'finish' : 'next', value: { ...before, image: `${before.image}${n}` } });
  });
  assert.equal(draft?.image, '134');
});
