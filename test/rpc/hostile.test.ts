// Hostile clients against a real helper. After each of them it still answers within a second, is the same process, and has let go of
// what they held.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { sharedHelper } from '../support/sharedHelper.js';
import { TestClient } from '../support/testClient.js';
import { missing, requires } from '../support/world.js';

const IMAGE = 'bulkhead/busybox';
const world = ['root', 'native', 'helper'] as const;
const atFirst = { pid: 0, descriptors: 0 };
const shared = sharedHelper(world, async ({ socketPath }) => {
  // Opens what stays open, such as the caller's audit log, and what a first start keeps for those that follow.
  await say(request('container/remove', '{"container":"nobody"}'));
  if (missing('image') === null) await firstContainer(socketPath);
  Object.assign(atFirst, { pid: pid(), descriptors: descriptors() });
});

async function firstContainer(socketPath: string): Promise<void> {
  const client = await TestClient.connect(socketPath);
  await client.importFile(inRepository('dist/image/busybox.tar'));
  const { id } = await client.runToEnd({ image: IMAGE, command: ['true'] });
  await client.call('container/remove', { container: id });
  client.close();
}

const pid = (): number => shared.helper.process.pid ?? 0;
const descriptors = (): number => fs.readdirSync(`/proc/${pid()}/fd`).length;
const residentBytes = (): number => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid()}/status`, 'utf8'))?.[1]) * 1024;

/** Still there, still quick, nothing held. */
async function proveAlive(): Promise<void> {
  // What has just been hung up is noticed in the order that it comes.
  await delay(50);
  const session = await shared.helper.connect();
  const before = process.hrtime.bigint();
  await session.call('system/ping', {});
  assert.ok(process.hrtime.bigint() - before < 1_000_000_000n, 'a ping within a second');
  session.dispose();
  assert.equal(pid(), atFirst.pid);
  const deadline = Date.now() + 3000;
  while (descriptors() > atFirst.descriptors && Date.now() < deadline) await delay(20);
  assert.ok(descriptors() <= atFirst.descriptors, `descriptors: ${descriptors()}, at first ${atFirst.descriptors}`);
}

/** EAGAIN is the kernel's own word for a listener with too many connections to accept: then once more. */
async function connect(): Promise<net.Socket> {
  for (;;) {
    const socket = net.connect(shared.helper.socketPath);
    const connected = await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => error);
    socket.on('error', () => undefined);
    if (!(connected instanceof Error)) return socket;
    if (connected.code !== 'EAGAIN') throw connected;
    await delay(5);
  }
}

interface Heard {
  text: string;
  /** Whether the helper ended the connection. */
  ended: boolean;
}

/** Sends `bytes` and listens until the helper ends the connection, or has answered and says no more. */
async function say(bytes: Buffer | string, quietMs = 150): Promise<Heard> {
  const socket = await connect();
  const heard = { text: '', ended: false, atMs: 0 };
  socket.on('data', (chunk: Buffer) => Object.assign(heard, { text: heard.text + chunk.toString(), atMs: Date.now() }));
  const closed = once(socket, 'close').then(() => (heard.ended = true));
  socket.write(bytes);
  const deadline = Date.now() + 5000;
  while (!heard.ended && Date.now() < deadline && (heard.text === '' || Date.now() - heard.atMs < quietMs)) await delay(10);
  const { text, ended } = heard;
  socket.destroy();
  await closed.catch(() => undefined);
  return { text, ended };
}

const message = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const request = (method: string, params: string, id = '1'): string => message(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
const spec = (members: string): string => request('container/create', `{"spec":{"image":"busybox"${members}}}`);

function hostile(name: string, act: () => Promise<void>): void {
  test(name, requires(...world), async () => {
    await act();
    await proveAlive();
  });
}

/** Where the frame is broken the connection ends, with a word of why. */
const brokenFrames: Readonly<Record<string, Buffer | string>> = {
  'a negative length': 'Content-Length: -1\r\n\r\n{}',
  'a length that only begins as a number': 'Content-Length: 12abc\r\n\r\n{}',
  'a length of a gibibyte': 'Content-Length: 1073741824\r\n\r\n',
  'a byte more than a mebibyte': `Content-Length: ${2 ** 20 + 1}\r\n\r\n`,
  'a length beyond numbers': `Content-Length: ${'9'.repeat(50)}\r\n\r\n`,
  'two lengths': 'Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}',
  'a header without end': `Content-Type: ${'a'.repeat(5000)}`,
  HTTP: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  noise: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256)),
  NULs: Buffer.alloc(4096),
};
for (const [name, bytes] of Object.entries(brokenFrames)) {
  hostile(`a broken frame: ${name}`, async () => {
    const { text, ended } = await say(bytes);
    assert.equal(ended, true);
    assert.match(text, /"code":-32600/);
  });
}

/** Where only the message is broken it is refused and the connection goes on. */
const brokenMessages: readonly (readonly [name: string, bytes: string, answer: RegExp])[] = [
  ['JSON that ends early', message('{"jsonrpc":"2.0",'), /-32700/],
  ['an empty body', message(''), /-32700/],
  ['a batch', message('[{"jsonrpc":"2.0","id":1,"method":"system/ping"}]'), /-32600/],
  ['a response', message('{"jsonrpc":"2.0","id":1,"result":null}'), /-32600/],
  ['arrays 200,000 deep', message('['.repeat(200_000) + ']'.repeat(200_000)), /-32600/],
  ['objects 100,000 deep', message('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)), /-32600/],
  ['500,000 values', message(`[${'1,'.repeat(500_000)}1]`), /-32600/],
  ['__proto__ in the envelope', message('{"jsonrpc":"2.0","id":1,"method":"system/ping","__proto__":{"role":"admin"}}'), /-32600/],
  ['__proto__ in a label', spec(',"labels":{"__proto__":"x"}'), /-32600/],
  ['constructor as a method', request('constructor', '{}'), /UNKNOWN_METHOD/],
  ['__proto__ as a method', request('__proto__', '{}'), /UNKNOWN_METHOD/],
  ['an unknown method', request('system/shutdown', '{}'), /UNKNOWN_METHOD/],
  ['params that are an array', request('system/ping', '[]'), /INVALID_PARAMS/],
  ['params that are a string', request('system/ping', '"x"'), /INVALID_PARAMS/],
  ['an unknown field', spec(',"hostPid":true'), /INVALID_PARAMS/],
  ['an unknown field inside', spec(',"limits":{"memory":1}'), /INVALID_PARAMS.*spec.limits/],
  ['an infinite number', spec(',"limits":{"cpus":1e999}'), /INVALID_PARAMS.*spec.limits.cpus/],
  ['a fraction where whole numbers are', spec(',"stopTimeoutMs":1.5'), /INVALID_PARAMS.*spec.stopTimeoutMs/],
  ['a number beyond whole ones', spec(',"limits":{"memoryBytes":1e18}'), /INVALID_PARAMS.*memoryBytes/],
  ['a NUL in an argument', spec(',"command":["a\\u0000b"]'), /INVALID_PARAMS.*spec.command.0/],
  ['a relative target', spec(',"mounts":[{"type":"tmpfs","target":"x"}]'), /INVALID_PARAMS.*spec.mounts.0.target/],
  ['a name with a slash', spec(',"name":"../../etc"'), /INVALID_PARAMS.*spec.name/],
  ['a name of 300 characters', spec(`,"name":"${'a'.repeat(300)}"`), /INVALID_PARAMS.*spec.name/],
  ['a name from right to left', spec(',"name":"a\\u202eb"'), /INVALID_PARAMS.*spec.name/],
  ['half of a surrogate pair', spec(',"command":["\\ud800"]'), /-32600/],
  ['4,097 arguments', spec(`,"command":[${'"a",'.repeat(4096)}"a"]`), /INVALID_PARAMS.*spec.command/],
  ['an environment without names', spec(',"environment":["=x"]'), /INVALID_PARAMS.*spec.environment.0/],
  ['a container that climbs', request('container/start', '{"container":"../x"}'), /INVALID_PARAMS/],
  ['a token that was never given out', request('image/import', `{"upload":"${'0'.repeat(64)}"}`), /NOT_FOUND/],
];
for (const [name, bytes, answer] of brokenMessages) {
  hostile(`a broken message: ${name}`, async () => {
    const { text, ended } = await say(bytes + request('system/ping', '{}', '77'));
    assert.match(text, answer);
    assert.match(text, /"id":77,"result":\{\}/, 'the connection goes on');
    assert.equal(ended, false);
  });
}

hostile('of two members with one name the last one counts', async () => {
  const { text } = await say(message('{"jsonrpc":"2.0","id":1,"method":"container/prune","params":{},"method":"system/ping"}'));
  assert.match(text, /"id":1,"result":\{\}/);
});

hostile('errors tell nothing of the helper’s insides', async () => {
  const { text } = await say(request('container/create', '{"spec":{"image":7}}') + request('container/inspect', '{"container":"nobody"}', '2'));
  assert.doesNotMatch(text, /\bat \/|main\.js|node:internal|stack/);
});

hostile('a message of which half comes, and then nothing', async () => {
  const socket = await connect();
  socket.write('Content-Length: 100\r\n\r\n{"jsonrpc"');
  const closed = once(socket.resume(), 'close');
  const [before] = [Date.now()];
  await Promise.race([closed, delay(14_000)]);
  assert.ok(Date.now() - before < 13_000, 'the helper ends it');
});

hostile('a byte at a time', async () => {
  const socket = await connect();
  const answered = once(socket, 'data');
  for (const byte of Buffer.from(request('system/ping', '{}'))) {
    socket.write(Buffer.from([byte]));
    await delay(1);
  }
  assert.match(String((await answered)[0]), /"result":\{\}/);
  socket.destroy();
});

hostile('200 connections that say nothing, from one uid: the rest are turned away, and they go', async () => {
  const sockets = await Promise.all(Array.from({ length: 200 }, connect));
  await delay(200);
  const held = descriptors() - atFirst.descriptors;
  sockets.forEach((socket) => socket.destroy());
  assert.ok(held > 100 && held <= 128, `${held} are held; a uid may have 128`);
});

hostile('2,000 connections that come and go', async () => {
  for (let round = 0; round < 20; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 100 }, connect));
    sockets.forEach((socket) => socket.write('Content-Le'));
    sockets.forEach((socket) => socket.destroy());
    await delay(5);
  }
});

hostile('20,000 pings in one breath: each is answered or refused, and others get their turn meanwhile', async () => {
  const other = await shared.helper.connect();
  const socket = await connect();
  let answers = 0;
  socket.on('data', (chunk: Buffer) => (answers += chunk.toString().split('"jsonrpc"').length - 1));
  socket.write(Array.from({ length: 20_000 }, (_, id) => request('system/ping', '{}', String(id))).join(''));
  const slowest = await slowestPing(other, () => answers < 20_000);
  assert.ok(slowest < 2_000, `the other client waited ${slowest} ms`);
  assert.equal(answers, 20_000);
  socket.destroy();
  other.dispose();
});

async function slowestPing(session: Awaited<ReturnType<TestHelper['connect']>>, goesOn: () => boolean): Promise<number> {
  let slowest = 0;
  for (const deadline = Date.now() + 20_000; goesOn() && Date.now() < deadline; await delay(1)) {
    const before = performance.now();
    await session.call('system/ping', {});
    slowest = Math.max(slowest, performance.now() - before);
  }
  return slowest;
}

hostile('who asks and never reads costs no memory', async () => {
  const before = residentBytes();
  const socket = await connect();
  socket.pause();
  const closed = once(socket, 'close');
  const flood = Array.from({ length: 500 }, (_, id) => request('system/info', '{}', String(id))).join('');
  for (let round = 0; round < 400 && !socket.destroyed; round += 1) {
    if (!socket.write(flood)) await Promise.race([once(socket, 'drain').catch(() => undefined), delay(200)]);
    if (socket.writableLength > 32 * 2 ** 20) break;
  }
  socket.resume();
  await Promise.race([closed.catch(() => undefined), delay(10_000)]);
  socket.destroy();
  assert.ok(residentBytes() - before < 128 * 2 ** 20, `${(residentBytes() - before) / 2 ** 20} MiB more`);
});

test('100 requests that wait: no more than 64 do, the others are told', requires(...world, 'image'), async () => {
  const client = await TestClient.connect(shared.helper.socketPath);
  const { id } = await client.run({ image: IMAGE, command: ['sleep', '600'] });
  const all = Array.from({ length: 100 }, (_, number) => request('container/wait', `{"container":"${id}"}`, String(number)));
  const { text } = await say(all.join(''), 500);
  assert.equal(text.split('"code":"LIMIT"').length - 1, 36);
  assert.equal(text.split('"id"').length - 1, 36, 'the others wait');
  await client.call('container/remove', { container: id, force: true });
  client.close();
  await proveAlive();
});

hostile('stream prefaces that are none', async () => {
  for (const preface of [
    'BULKHEAD-STREAM/1 \n',
    `BULKHEAD-STREAM/1 ${'g'.repeat(64)}\n`,
    `BULKHEAD-STREAM/1 ${'0'.repeat(500)}`,
    `BULKHEAD-STREAM/1 ${'0'.repeat(64)}\n`,
  ]) {
    const { text, ended } = await say(preface);
    assert.equal(ended, true, preface);
    assert.match(text, /INVALID_PARAMS|NOT_FOUND/);
  }
});

hostile('10,000 mutated messages', async () => {
  const random = sequence(20_261_122);
  const seeds = [
    request('system/ping', '{}'),
    spec(',"limits":{"pids":5},"mounts":[]'),
    request('container/list', '{"all":true}'),
    request('container/logs', '{"container":"x"}'),
  ];
  const before = residentBytes();
  for (let round = 0; round < 100; round += 1) {
    const socket = await connect();
    socket.on('error', () => undefined).resume();
    for (let i = 0; i < 100; i += 1) socket.write(mutated(seeds[Math.floor(random() * seeds.length)] ?? '', random));
    await delay(2);
    socket.destroy();
  }
  assert.ok(residentBytes() - before < 64 * 2 ** 20);
});

/** One of: a byte changed, a piece left out, a piece doubled. The length in the header is put right half of the time. */
function mutated(seed: string, random: () => number): Buffer {
  const body = Buffer.from(seed.slice(seed.indexOf('{')));
  const at = Math.floor(random() * body.length);
  const to = Math.min(body.length, at + Math.floor(random() * 20));
  const kinds = [
    () => Buffer.concat([body.subarray(0, at), Buffer.from([Math.floor(random() * 256)]), body.subarray(at + 1)]),
    () => Buffer.concat([body.subarray(0, at), body.subarray(to)]),
    () => Buffer.concat([body.subarray(0, to), body.subarray(at)]),
  ];
  const changed = kinds[Math.floor(random() * kinds.length)]?.() ?? body;
  const length = random() < 0.9 ? changed.length : body.length;
  return Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), changed]);
}

/** A small linear congruential generator: the same numbers in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
