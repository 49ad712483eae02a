// What goes out: however long, to whom reads; no longer than a while to whom does not; and no more of it than a uid's share.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { UID_LIMITS } from '../../../helper/policy/limits.js';
import { Outbox, type OutboxLimits } from '../../../helper/server/outbox.js';
import { Usage } from '../../../helper/server/usage.js';
import { until } from '../../support/until.js';

const MIB = 2 ** 20;

interface Pair {
  readonly server: Socket;
  readonly client: Socket;
}

async function pair(t: TestContext): Promise<Pair> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-unit-'));
  const listener = net.createServer();
  await new Promise<void>((resolve) => listener.listen(path.join(directory, 's'), resolve));
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const client = net.connect(path.join(directory, 's'));
  const [server] = await accepted;
  server.on('error', () => undefined);
  t.after(() => {
    for (const socket of [server, client]) socket.destroy();
    listener.close();
    fs.rmSync(directory, { recursive: true });
  });
  return { server, client };
}

const limits: OutboxLimits = { unreadBytes: MIB, stalledMs: 300, farewellMs: 150 };

function given(server: Socket, usage = new Usage(), change: Partial<OutboxLimits> = {}) {
  const stalled: boolean[] = [];
  return { outbox: new Outbox(server, { ...limits, ...change }, usage.unread(1000), () => stalled.push(true)), stalled };
}

test('one message may be longer than what may wait, and takes as long as its reader goes on reading', async (t) => {
  const { server, client } = await pair(t);
  const { outbox, stalled } = given(server);
  const message = Buffer.alloc(4 * MIB, 'x');
  assert.equal(outbox.send(message), true);
  const started = Date.now();
  let received = 0;
  client.pause();
  while (received < message.length) {
    const chunk = client.read() as Buffer | null;
    received += chunk?.length ?? 0;
    await delay(20);
  }
  assert.ok(Date.now() - started > limits.stalledMs);
  assert.deepEqual(stalled, []);
  assert.equal(outbox.unreadBytes, 0);
});

test('who reads nothing is cut off, however little it is', async (t) => {
  const { server, client } = await pair(t);
  client.pause();
  const { outbox, stalled } = given(server);
  outbox.send(Buffer.alloc(MIB / 2));
  await once(server, 'close');
  assert.deepEqual(stalled, [true]);
  assert.equal(outbox.unreadBytes, 0);
});

test('there is room again once it has been read', async (t) => {
  const { server, client } = await pair(t);
  client.pause();
  const { outbox } = given(server, new Usage(), { stalledMs: 10_000 });
  let hasRoom = 0;
  outbox.whenRoom(() => (hasRoom += 1));
  assert.equal(hasRoom, 1);
  outbox.send(Buffer.alloc(3 * MIB));
  outbox.whenRoom(() => (hasRoom += 1));
  await delay(50);
  assert.equal(hasRoom, 1);
  client.resume();
  await until(() => hasRoom === 2);
});

test('a uid has its share over all connections, and gets it back when one of them ends', async (t) => {
  const usage = new Usage();
  const [first, second] = [await pair(t), await pair(t)];
  for (const { client } of [first, second]) client.pause();
  const hers = given(first.server, usage, { stalledMs: 10_000 }).outbox;
  const also = given(second.server, usage, { stalledMs: 10_000 }).outbox;
  assert.equal(hers.send(Buffer.alloc(UID_LIMITS.unreadBytes + MIB)), true, 'one that is longer by itself');
  assert.equal(also.send(Buffer.alloc(MIB)), false);
  assert.equal(usage.unread(1001).take(MIB), true, 'somebody else is not concerned');
  first.server.destroy();
  await once(first.server, 'close');
  assert.equal(also.send(Buffer.alloc(MIB)), true);
});

test('what is left at the end has a moment to be read, and then the connection ends', async (t) => {
  const { server, client } = await pair(t);
  client.pause();
  const { outbox } = given(server, new Usage(), { stalledMs: 10_000 });
  outbox.send(Buffer.alloc(2 * MIB));
  const started = Date.now();
  outbox.end();
  await once(server, 'close');
  assert.ok(Date.now() - started < 5000);
  const reader = await pair(t);
  const read = given(reader.server).outbox;
  let received = 0;
  reader.client.on('data', (chunk: Buffer) => (received += chunk.length));
  read.send(Buffer.alloc(2 * MIB));
  read.end();
  await once(reader.client, 'close');
  assert.equal(received, 2 * MIB);
});
