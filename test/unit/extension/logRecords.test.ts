// The log's records, cut out of a byte stream.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogDecoder } from '../../../extension/client/logRecords.js';

const LOG = Buffer.from('2026-11-22T01:02:03.000000004Z stdout F one two\n2026-11-22T01:02:04.000000000Z stderr P \xe2\x82', 'latin1');
const REST = Buffer.from('\n2026-11-22T01:02:04.100000000Z stderr F \xac!\nrubbish\n2026-11-22T01:02:05.000000000Z stdout F \n', 'latin1');

test('records keep time, source, bytes, and whether the line goes on', () => {
  const bytes = Buffer.concat([LOG, REST]);
  for (const size of [1, 7, bytes.length]) {
    const decoder = new LogDecoder();
    const records = [];
    for (let at = 0; at < bytes.length; at += size) records.push(...decoder.push(bytes.subarray(at, at + size)));
    assert.deepEqual(
      records.map(({ time, source, isPartial, bytes: line }) => [time.slice(17, 19), source, isPartial, line.toString('latin1')]),
      [
        ['03', 'stdout', false, 'one two'],
        ['04', 'stderr', true, '\xe2\x82'],
        ['04', 'stderr', false, '\xac!'],
        ['05', 'stdout', false, ''],
      ],
    );
    const euro = Buffer.concat(records.filter(({ source }) => source === 'stderr').map((record) => record.bytes));
    assert.equal(euro.toString('utf8'), '€!', 'a character cut by two records is whole again');
  }
});
