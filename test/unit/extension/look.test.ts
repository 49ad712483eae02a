// What is in view counts as seen after a while, whatever else changes meanwhile.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Look } from '../../../extension/model/look.js';

let seen = 0;
let look: Look;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  seen = 0;
  look = new Look(4_000, () => (seen += 1));
});
afterEach(() => {
  look.dispose();
  mock.timers.reset();
});

test('a world that changes all the time does not put it off', () => {
  for (let ms = 0; ms < 4_000; ms += 500) {
    look.update(['a'], true);
    mock.timers.tick(500);
  }
  assert.equal(seen, 1);
});

test('what is new is looked at for as long', () => {
  look.update(['a'], true);
  mock.timers.tick(3_000);
  look.update(['a', 'b'], true);
  mock.timers.tick(3_000);
  assert.equal(seen, 0);
  mock.timers.tick(1_000);
  assert.equal(seen, 1);
});

test('a view that is hidden is not looked at', () => {
  look.update(['a'], true);
  mock.timers.tick(3_000);
  look.update(['a'], false);
  mock.timers.tick(5_000);
  assert.equal(seen, 0);
  look.update(['a'], true);
  mock.timers.tick(3_999);
  assert.equal(seen, 0);
  mock.timers.tick(1);
  assert.equal(seen, 1);
});
