// What is in view counts as seen after a while, whatever else changes meanwhile.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Look } from '../../../extension/model/look.js';

/** A look of 4 s, by a clock that the test moves. */
function looking(play: (look: Look, seen: () => number) => void): void {
  mock.timers.enable({ apis: ['setTimeout'] });
  let seen = 0;
  const look = new Look(4_000, () => (seen += 1));
  try {
    play(look, () => seen);
  } finally {
    look.dispose();
    mock.timers.reset();
  }
}

test('a world that changes all the time does not put it off', () => {
  looking((look, seen) => {
    for (let ms = 0; ms < 4_000; ms += 500) {
      look.update(['a'], true);
      mock.timers.tick(500);
    }
    assert.equal(seen(), 1);
  });
});

test('what is new is looked at for as long', () => {
  looking((look, seen) => {
    look.update(['a'], true);
    mock.timers.tick(3_000);
    look.update(['a', 'b'], true);
    mock.timers.tick(3_000);
    assert.equal(seen(), 0);
    mock.timers.tick(1_000);
    assert.equal(seen(), 1);
  });
});

test('a view that is hidden is not looked at', () => {
  looking((look, seen) => {
    look.update(['a'], true);
    mock.timers.tick(3_000);
    look.update(['a'], false);
    mock.timers.tick(5_000);
    assert.equal(seen(), 0);
    look.update(['a'], true);
    mock.timers.tick(3_999);
    assert.equal(seen(), 0);
    mock.timers.tick(1);
    assert.equal(seen(), 1);
  });
});
