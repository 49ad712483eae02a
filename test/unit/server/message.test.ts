// What is a message, and what is refused before anybody looks into it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { INVALID_REQUEST, PARSE_ERROR, parseMessage } from '../../../helper/server/message.js';
import { openingOf } from '../../../helper/server/opening.js';

const parse = (text: string) => parseMessage(Buffer.from(text));

test('a request, a cancellation, another notification', () => {
  assert.deepEqual(parse('{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":1}}'), { kind: 'request', id: 7, method: 'm', params: { a: 1 } });
  assert.deepEqual(parse('{"jsonrpc":"2.0","id":"x","method":"m"}'), { kind: 'request', id: 'x', method: 'm', params: undefined });
  assert.deepEqual(parse('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":7}}'), { kind: 'cancel', id: 7 });
  assert.deepEqual(parse('{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"off"}}'), { kind: 'ignored' });
  assert.deepEqual(parse('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":[]}}'), { kind: 'ignored' });
});

const malformed: readonly (readonly [string, string | Buffer, number])[] = [
  ['broken JSON', '{"jsonrpc":', PARSE_ERROR],
  ['nothing', '', PARSE_ERROR],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), PARSE_ERROR],
  ['an overlong encoding of "/"', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), PARSE_ERROR],
  ['NaN', '{"jsonrpc":"2.0","id":NaN,"method":"m"}', PARSE_ERROR],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"m"}]', INVALID_REQUEST],
  ['a number', '1', INVALID_REQUEST],
  ['null', 'null', INVALID_REQUEST],
  ['another version', '{"jsonrpc":"1.0","id":1,"method":"m"}', INVALID_REQUEST],
  ['a response', '{"jsonrpc":"2.0","id":1,"result":{}}', INVALID_REQUEST],
  ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"m"}', INVALID_REQUEST],
  ['an id of null', '{"jsonrpc":"2.0","id":null,"method":"m"}', INVALID_REQUEST],
  ['an id that is a fraction', '{"jsonrpc":"2.0","id":1.5,"method":"m"}', INVALID_REQUEST],
  ['an id beyond whole numbers', '{"jsonrpc":"2.0","id":1e400,"method":"m"}', INVALID_REQUEST],
  ['a long id', `{"jsonrpc":"2.0","id":"${'x'.repeat(65)}","method":"m"}`, INVALID_REQUEST],
  ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":1}', INVALID_REQUEST],
  ['a long method', `{"jsonrpc":"2.0","id":1,"method":"${'m'.repeat(65)}"}`, INVALID_REQUEST],
  ['an unknown member', '{"jsonrpc":"2.0","id":1,"method":"m","sudo":true}', INVALID_REQUEST],
  ['__proto__ as a member', '{"jsonrpc":"2.0","id":1,"method":"m","__proto__":{"role":"admin"}}', INVALID_REQUEST],
  ['__proto__ far inside', '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[{"b":{"__proto__":{}}}]}}', INVALID_REQUEST],
  ['half of a surrogate pair', '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":"\\ud800"}}', INVALID_REQUEST],
  ['half of a surrogate pair in a name', '{"jsonrpc":"2.0","id":1,"method":"m","params":{"\\udc00":1}}', INVALID_REQUEST],
  ['arrays 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), INVALID_REQUEST],
  ['objects 40 deep', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, INVALID_REQUEST],
  ['200,000 values', `{"jsonrpc":"2.0","id":1,"method":"m","params":[${'0,'.repeat(200_000)}0]}`, INVALID_REQUEST],
];

for (const [what, text, code] of malformed) {
  test(`refuses ${what}`, () => {
    const message = parseMessage(typeof text === 'string' ? Buffer.from(text) : text);
    assert.equal(message.kind, 'malformed');
    assert.equal(message.kind === 'malformed' && message.code, code);
  });
}

test('a message leaves no trace in what all objects inherit', () => {
  parse('{"jsonrpc":"2.0","id":1,"method":"m","params":{"constructor":{"prototype":{"polluted":1}},"__proto__":{"polluted":1}}}');
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('of two members with one name the last one counts, here and everywhere after', () => {
  assert.deepEqual(parse('{"jsonrpc":"2.0","id":1,"method":"a","method":"b","params":{"x":1,"x":2}}'), {
    kind: 'request',
    id: 1,
    method: 'b',
    params: { x: 2 },
  });
});

test('the first bytes tell a stream from a session', () => {
  const token = 'ab'.repeat(32);
  const open = (text: string) => openingOf(Buffer.from(text));
  assert.deepEqual(open(`BULKHEAD-STREAM/1 ${token}\n`), { kind: 'stream', token });
  assert.equal(open('BULKHEAD-STR'), null);
  assert.equal(open(`BULKHEAD-STREAM/1 ${token}`), null);
  assert.equal(open('Content-Length: 2')?.kind, 'session');
  assert.equal(open('B!')?.kind, 'session');
  for (const bad of [`${token}\nmore`, `${token.slice(2)}\n`, `${token}00\n`, `${token.toUpperCase()}\n`, `${token}\r\n`, '\n', `${token}${'0'.repeat(99)}`]) {
    assert.equal(open(`BULKHEAD-STREAM/1 ${bad}`)?.kind, 'invalid', JSON.stringify(bad));
  }
});
