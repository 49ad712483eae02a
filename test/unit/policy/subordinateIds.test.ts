// Which ids a user's containers run on, and that no file makes them anybody else's.
import assert from 'node:assert/strict';
import test from 'node:test';
import { accountName, checkIdMap, idMapOf, parseRanges } from '../../../helper/policy/subordinateIds.js';
import { accounts } from './given.js';

const map = (subuid: string, subgid = subuid, uid = 1000) => idMapOf(uid, { ...accounts, subuid, subgid });
const start = (subuid: string, subgid?: string): number | string => {
  const result = map(subuid, subgid);
  return 'reason' in result ? result.reason : result.uids[0]!.hostID;
};

test('the range of the name, or of the number', () => {
  assert.deepEqual(map('ann:100000:65536'), {
    uids: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    gids: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
  });
  assert.equal(start('1000:300000:65536'), 300_000);
  assert.equal(start('ann:100000:10\nann:200000:1000000'), 200_000, 'the first that is big enough');
  assert.deepEqual(map('ann:100000:65536', 'ann:500000:65536'), {
    uids: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    gids: [{ containerID: 0, hostID: 500_000, size: 65_536 }],
  });
});

test('malformed lines are passed over', () => {
  const text = [
    '# ann:1:2',
    'ann',
    'ann:x:65536',
    'ann:100000:-5',
    ':100000:65536',
    'ann:100000:65536:1',
    'ann:99999999999:65536',
    '',
    ' ann:400000:65536 ',
  ].join('\n');
  assert.deepEqual(parseRanges(text), [{ owner: 'ann', start: 400_000, count: 65_536 }]);
  assert.equal(start(text), 400_000);
});

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /no subordinate uids/],
  ["only another's", 'bob:100000:65536', /no subordinate uids/],
  ['a number that begins with his', '10000:100000:65536\n100:100000:65536', /no subordinate uids/],
  ['a name that begins with his', 'anna:100000:65536', /no subordinate uids/],
  ['a range that is too small', 'ann:100000:65535', /less than 65536/],
  ['real ids', 'ann:0:65536', /among the ids of accounts/],
  ['ids from 1000 on', 'ann:1000:65536', /among the ids of accounts/],
  ['an overlap with another user', 'ann:100000:65536\nbob:165535:65536', /overlap with those of bob/],
  ['an overlap from within', 'ann:100000:1000000\nbob:110000:1', /overlap with those of bob/],
  ['more than there is', 'ann:4294967294:65536', /beyond the highest id/],
];
for (const [what, text, reason] of refusals) {
  test(`${what} gives no container`, () => {
    const result = map(text);
    assert.ok('reason' in result && result.code === 'DENIED');
    assert.match(result.reason, reason);
    assert.match(result.reason, /usermod --add-subuids \d+-\d+ --add-subgids \d+-\d+ ann$/);
  });
}

test('the gids are looked at as well', () => {
  assert.match(String(start('ann:100000:65536', '')), /no subordinate gids/);
});

test('an account within the range gives no container', () => {
  const result = idMapOf(1000, { ...accounts, passwd: `${accounts.passwd}svc:x:120000:120000::/:/bin/sh\n` });
  assert.ok('reason' in result);
  assert.match(result.reason, /account \(120000\)/);
});

test('an unusable range is passed over for a usable one', () => {
  assert.equal(start('ann:1000:65536\nann:300000:65536'), 300_000);
});

test('the proposed range is one that nobody has', () => {
  const result = map('bob:100000:65536', 'eve:700000:65536');
  assert.ok('reason' in result);
  assert.match(result.reason, /--add-subuids 765536-831071 --add-subgids 765536-831071 ann/);
});

test('a container keeps the ids that it was made with only as long as they are its owner’s', () => {
  const made = idMapOf(1000, accounts);
  assert.ok(!('reason' in made));
  assert.equal(checkIdMap(1000, made, accounts), null);
  const given = { ...accounts, subuid: 'ann:300000:65536\nbob:100000:65536\n' };
  assert.deepEqual(checkIdMap(1000, made, given)?.code, 'DENIED');
  assert.deepEqual(checkIdMap(1000, made, { ...accounts, subgid: 'ann:300000:65536\n' })?.code, 'DENIED');
  assert.deepEqual(checkIdMap(1000, made, { ...accounts, subuid: 'bob:100000:65536\n' })?.code, 'DENIED');
  assert.deepEqual(checkIdMap(1000, made, { ...accounts, subuid: 'ann:100000:65536\nbob:100000:65536\n' })?.code, 'DENIED', 'both have it');
});

test('who has no name gets the line to add', () => {
  const result = map('', '', 4_000_000_000);
  assert.ok('reason' in result);
  assert.match(result.reason, /add the line 4000000000:100000:65536 to/);
  assert.equal(accountName(4_000_000_000, accounts.passwd), null);
  assert.equal(accountName(1000, accounts.passwd), 'ann');
});

test('two users never share an id, whatever ranges the file has', () => {
  const random = sequence(1);
  for (let round = 0; round < 2000; round += 1) {
    const line = (name: string) => `${name}:${65_000 + Math.floor(random() * 300_000)}:${60_000 + Math.floor(random() * 80_000)}`;
    const files = { ...accounts, subuid: [line('ann'), line('bob'), line('ann'), line('bob')].join('\n'), subgid: 'ann:100000:65536\nbob:165536:65536' };
    const [a, b] = [idMapOf(1000, files), idMapOf(1001, files)];
    if ('reason' in a || 'reason' in b) continue;
    const distance = Math.abs(a.uids[0]!.hostID - b.uids[0]!.hostID);
    assert.ok(distance >= 65_536, files.subuid);
  }
});

/** A small linear congruential generator: the same numbers in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
