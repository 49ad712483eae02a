// A uid's share of the work that hangs: what is more waits, and nobody else does.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Shares } from '../../../helper/engine/shares.js';

const tick = () => new Promise((resolve) => void setImmediate(resolve));

test('so much at once of one uid; the rest in order, however the first end; others at once', async () => {
  const shares = new Shares(2);
  const begun: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const run = (uid: number, name: string) => {
    const work = () =>
      new Promise<void>((resolve, reject) => {
        begun.push(name);
        ends.set(name, { resolve, reject });
      });
    return shares.run(uid, work).catch((error: unknown) => String(error));
  };
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => run(1, name));
  const other = run(2, 'b1');
  await tick();
  assert.deepEqual(begun, ['a1', 'a2', 'b1']);
  ends.get('a2')?.reject(new Error('no'));
  await tick();
  assert.deepEqual(begun.slice(3), ['a3']);
  ends.get('a1')?.resolve();
  await tick();
  assert.deepEqual(begun.slice(4), ['a4']);
  for (const name of ['a3', 'a4', 'b1']) ends.get(name)?.resolve();
  await Promise.all([...all, other]);
  assert.equal(await shares.run(1, () => Promise.resolve(7)), 7);
});
