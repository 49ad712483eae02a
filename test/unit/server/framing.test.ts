// The framing takes what the grammar says, whatever the pieces it comes in, and nothing else.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Framer, FramingError } from '../../../helper/server/framing.js';

const frame = (body: string): Buffer => Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

function bodies(chunks: readonly Buffer[]): string[] {
  const framer = new Framer();
  const found: string[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let body = framer.next(); body !== null; body = framer.next()) found.push(body.toString());
  }
  return found;
}

const inPieces = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

test('messages come out whole, in order, in whatever pieces they come in', () => {
  const texts = ['{}', '{"a":"ä€😀"}', '', 'x'.repeat(70_000), '{"end":true}'];
  const bytes = Buffer.concat(texts.map(frame));
  for (const size of [1, 2, 3, 7, 20, 21, 22, 64, 4096, bytes.length]) assert.deepEqual(bodies(inPieces(bytes, size)), texts, `pieces of ${size}`);
});

test('a Content-Type and any case of the names are allowed', () => {
  assert.deepEqual(bodies([Buffer.from('content-length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}')]), ['{}']);
});

test('isPartial says whether the rest of a message is due', () => {
  const framer = new Framer();
  assert.equal(framer.isPartial, false);
  framer.push(Buffer.from('Content-Length: 2\r\n\r\n'));
  assert.equal(framer.next(), null);
  assert.equal(framer.isPartial, true);
  framer.push(Buffer.from('{}'));
  assert.equal(framer.next()?.toString(), '{}');
  assert.equal(framer.isPartial, false);
});

const refused: Readonly<Record<string, string>> = {
  'a negative length': 'Content-Length: -1\r\n\r\n',
  'a length with letters': 'Content-Length: 12abc\r\n\r\n',
  'a hexadecimal length': 'Content-Length: 0x10\r\n\r\n',
  'a length with a sign': 'Content-Length: +2\r\n\r\n',
  'an exponent': 'Content-Length: 1e3\r\n\r\n',
  'a leading zero': 'Content-Length: 02\r\n\r\n',
  'an empty length': 'Content-Length: \r\n\r\n',
  'two lengths': 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n',
  'a list of lengths': 'Content-Length: 2, 2\r\n\r\n',
  'no length': 'Content-Type: text/plain\r\n\r\n',
  'no header at all': '\r\n\r\n',
  'another header': 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a length above the cap': `Content-Length: ${2 ** 20 + 1}\r\n\r\n`,
  'a length above any cap': 'Content-Length: 999999999999999999999\r\n\r\n',
  'an endless header': `Content-Type: ${'a'.repeat(300)}`,
  'bytes that are none': '\0'.repeat(256),
};

for (const [what, header] of Object.entries(refused)) {
  test(`refuses ${what}`, () => {
    for (const size of [1, 16, 1024]) assert.throws(() => bodies(inPieces(Buffer.from(header), size)), FramingError, `pieces of ${size}`);
  });
}

test('a message at the cap is taken', () => {
  const body = 'x'.repeat(2 ** 20);
  assert.equal(bodies(inPieces(frame(body), 65_536))[0]?.length, body.length);
});
