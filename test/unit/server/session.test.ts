// A connection's life: answers, refusals, cancellation, notifications after answers, limits, and what ends with it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CancellationTokenSource, ResponseError } from 'vscode-jsonrpc/node';
import { Failure } from '../../../helper/engine/failure.js';
import type { Call } from '../../../helper/handlers/call.js';
import { KernelError } from '../../../helper/kernel/kernel.js';
import { CONNECTION_LIMITS } from '../../../helper/policy/limits.js';
import type { ErrorData } from '../../../protocol/errors.js';
import { Turns } from '../../../helper/server/turns.js';
import { until } from '../../support/until.js';
import { someUser, withGateway } from './gateway.js';

const ping = { 'system/ping': async () => ({}) };
const anImage = { image: 'busybox' };

async function refusal(call: Promise<unknown>): Promise<ErrorData> {
  const error = await call.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ResponseError, String(error));
  return error.data as ErrorData;
}

test('answers, and names what was wrong otherwise', async () => {
  await withGateway(ping, async ({ client }) => {
    const connection = await client();
    assert.deepEqual(await connection.sendRequest('system/ping', {}), {});
    assert.deepEqual(await connection.sendRequest('system/ping'), {});
    assert.deepEqual(await refusal(connection.sendRequest('system/reboot', {})), { code: 'UNKNOWN_METHOD', operation: 'system/reboot' });
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
      assert.equal((await refusal(connection.sendRequest(name, {}))).code, 'UNKNOWN_METHOD', name);
    }
    const extra = await refusal(connection.sendRequest('system/ping', { verbose: true }));
    assert.equal(extra.code, 'INVALID_PARAMS');
    const wrong = await refusal(connection.sendRequest('container/create', { spec: { image: 'busybox', limits: { pids: 0 } } }));
    assert.deepEqual([wrong.code, wrong.field], ['INVALID_PARAMS', 'spec.limits.pids']);
  });
});

test('a failure keeps its fields, a kernel error its step; a bug shows only its incident', async () => {
  const handlers = {
    'container/start': () => Promise.reject(new Failure('WRONG_STATE', { object: 'web', reason: 'running' })),
    'container/stop': () => Promise.reject(new KernelError('signal', 3, 'ESRCH', 'pid 7')),
    'container/pause': () => Promise.reject(new Error('secret: /root/.ssh/id_ed25519')),
    'container/remove': () => Promise.reject(new KernelError('mkdir', 28, 'ENOSPC', '/var/lib')),
  };
  await withGateway(handlers, async ({ client, logged }) => {
    const connection = await client();
    const target = { container: 'web' };
    assert.deepEqual(await refusal(connection.sendRequest('container/start', target)), {
      code: 'WRONG_STATE',
      operation: 'container/start',
      object: 'web',
      reason: 'running',
    });
    const kernel = await refusal(connection.sendRequest('container/stop', target));
    assert.deepEqual([kernel.code, kernel.failure], ['KERNEL', { step: 'signal', errno: 3, errnoName: 'ESRCH', object: 'pid 7' }]);
    assert.equal((await refusal(connection.sendRequest('container/remove', target))).code, 'NO_SPACE');
    const bug = await refusal(connection.sendRequest('container/pause', target));
    assert.deepEqual(Object.keys(bug).sort(), ['code', 'incident', 'operation']);
    assert.equal(bug.code, 'INTERNAL');
    assert.match(logged.join('\n'), /secret/);
  });
});

test("only an admin's spec may hold admin options, and the handler gets the defaults filled in", async () => {
  const specs: object[] = [];
  const create = (_: unknown, { spec }: { spec: object }) => {
    specs.push(spec);
    return Promise.reject(new Failure('NOT_FOUND', { object: 'busybox' }));
  };
  await withGateway({ 'container/create': create }, async (gateway) => {
    const user = await gateway.client();
    const denied = await refusal(user.sendRequest('container/create', { spec: { ...anImage, admin: { privileged: true } } }));
    assert.deepEqual([denied.code, denied.field], ['DENIED', 'spec.admin.privileged']);
    assert.equal((await refusal(user.sendRequest('container/create', { spec: { ...anImage, admin: {} } }))).code, 'DENIED');
    assert.deepEqual(specs, []);
    gateway.peer = { ...someUser, uid: 0 };
    const root = await gateway.client();
    assert.equal((await refusal(root.sendRequest('container/create', { spec: { ...anImage, admin: { privileged: true } } }))).code, 'NOT_FOUND');
    assert.equal(specs.length, 1);
    assert.equal(Reflect.get(specs[0]!, 'stopTimeoutMs'), 10_000);
  });
});

test('whom the policy does not admit, and who is in another user namespace, is told why and gets nothing', async () => {
  await withGateway(ping, async (gateway) => {
    gateway.peer = { ...someUser, uid: 666 };
    const data = await refusal((await gateway.client()).sendRequest('system/ping', {}));
    assert.deepEqual([data.code, data.reason], ['DENIED', 'the policy does not admit uid 666']);
    gateway.peer = { ...someUser, uid: 0, sameUserNamespace: false };
    assert.equal((await refusal((await gateway.client()).sendRequest('system/ping', {}))).code, 'DENIED');
    gateway.peer = { ...someUser, uid: 0, samePidNamespace: false };
    const contained = await refusal((await gateway.client()).sendRequest('system/ping', {}));
    assert.match(contained.reason ?? '', /pid namespace/);
    const refused = fs
      .readFileSync(path.join(path.dirname(gateway.socketPath), 'audit', 'refused.jsonl'), 'utf8')
      .trim()
      .split('\n');
    assert.deepEqual(
      refused.map((line) => JSON.parse(line) as { uid: number; phase: string }).map(({ uid, phase }) => [uid, phase]),
      [
        [666, 'denied'],
        [0, 'denied'],
        [0, 'denied'],
      ],
    );
  });
});

test('who sees other files than the helper does is let in, without folders', async () => {
  const created: unknown[] = [];
  const create = (_: unknown, { spec }: { spec: object }) => {
    created.push(spec);
    return Promise.reject(new Failure('NOT_FOUND'));
  };
  await withGateway({ ...ping, 'container/create': create }, async (gateway) => {
    gateway.peer = { ...someUser, seesSameFiles: false };
    const client = await gateway.client();
    assert.deepEqual(await client.sendRequest('system/ping', {}), {});
    const mounts = [{ type: 'bind', source: '/home/u', target: '/work' }];
    const denied = await refusal(client.sendRequest('container/create', { spec: { ...anImage, mounts } }));
    assert.deepEqual([denied.code, denied.field], ['DENIED', 'spec.mounts.0']);
    assert.equal((await refusal(client.sendRequest('container/create', { spec: anImage }))).code, 'NOT_FOUND');
    assert.equal(created.length, 1);
  });
});

test('a notification of a call follows its answer, a progress does not wait', async () => {
  const subscribe = { sequence: 0, containers: [], images: [], pulls: [] };
  const handlers = {
    'events/subscribe': async (call: { notify(m: string, p: object): void; progress(t: string, v: object): void }) => {
      call.notify('events/delta', { sequence: 1 });
      call.progress('t', { doneBytes: 1 });
      await delay(20);
      setTimeout(() => call.notify('events/delta', { sequence: 2 }), 20);
      return subscribe;
    },
  };
  await withGateway(handlers, async ({ connect }) => {
    const socket = await connect();
    const body = '{"jsonrpc":"2.0","id":1,"method":"events/subscribe","params":{}}';
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes('"sequence":2')) await delay(5);
    const order = ['$/progress', '"id":1', '"sequence":1', '"sequence":2'].map((part) => text.indexOf(part));
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
      text,
    );
    assert.ok(order.every((at) => at >= 0));
  });
});

test('a cancelled request, and one whose client has gone, has its signal aborted; what is held is released', async () => {
  const events: string[] = [];
  const handlers = {
    'container/wait': (call: { signal: AbortSignal; connection: { hold(key: string, release: () => void): void } }) => {
      call.connection.hold('wait', () => events.push('released'));
      return new Promise<never>((_resolve, reject) => {
        call.signal.addEventListener('abort', () => {
          events.push('aborted');
          reject(call.signal.reason as Error);
        });
      });
    },
  };
  await withGateway(handlers, async ({ client }) => {
    const connection = await client();
    const source = new CancellationTokenSource();
    const first = refusal(connection.sendRequest('container/wait', { container: 'web' }, source.token));
    await delay(20);
    source.cancel();
    assert.equal((await first).code, 'CANCELLED');
    assert.deepEqual(events, ['aborted']);
    connection.sendRequest('container/wait', { container: 'web' }).catch(() => undefined);
    await delay(20);
    assert.deepEqual(events, ['aborted', 'released'], 'held again: the former one is released');
    connection.socket.destroy();
    while (events.length < 4) await delay(5);
    assert.deepEqual(events.slice(2).sort(), ['aborted', 'released']);
  });
});

test('the 65th request on a connection, and the 257th of a uid, is refused with LIMIT; answers make room', async () => {
  const finish: (() => void)[] = [];
  const handlers = { 'container/wait': () => new Promise<never>((_r, reject) => finish.push(() => reject(new Failure('NOT_FOUND')))), ...ping };
  await withGateway(handlers, async (gateway) => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => gateway.client()));
    for (const connection of clients.slice(0, 4)) {
      for (let i = 0; i < 64; i += 1) connection.sendRequest('container/wait', { container: 'web' }).catch(() => undefined);
    }
    while (finish.length < 256) await delay(5);
    assert.equal((await refusal(clients[0]!.sendRequest('system/ping', {}))).code, 'LIMIT');
    assert.equal((await refusal(clients[4]!.sendRequest('system/ping', {}))).code, 'LIMIT');
    gateway.peer = { ...someUser, uid: 1001 };
    assert.deepEqual(await (await gateway.client()).sendRequest('system/ping', {}), {}, 'another uid is not affected');
    finish.forEach((end) => end());
    await delay(20);
    assert.deepEqual(await clients[4]!.sendRequest('system/ping', {}), {});
  });
});

test('an id that waits already is not taken twice', async () => {
  await withGateway({ 'container/wait': () => new Promise(() => undefined) }, async ({ connect }) => {
    const socket = await connect();
    const body = '{"jsonrpc":"2.0","id":1,"method":"container/wait","params":{"container":"web"}}';
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`.repeat(2));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /"id":null.*request 1 has not been answered yet/);
  });
});

test('a framing error is named and ends the connection; the rest of the world goes on', async () => {
  await withGateway(ping, async ({ connect, client }) => {
    const socket = await connect();
    const closed = once(socket, 'close');
    socket.write('Content-Length: -5\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /-32600/);
    await closed;
    assert.deepEqual(await (await client()).sendRequest('system/ping', {}), {});
  });
});

test('who does not read what he asks for is not heard further until he does; nothing of it is lost', async () => {
  const ids = Array.from({ length: 1000 }, (_, i) => ({ ...summary, id: i.toString(16).padStart(64, '0') }));
  let asked = 0;
  const list = async () => {
    asked += 1;
    return { containers: ids as never };
  };
  await withGateway({ 'container/list': list }, async ({ connect, logged }) => {
    const socket = await connect();
    socket.pause();
    for (let id = 0; id < 60; id += 1) {
      const body = `{"jsonrpc":"2.0","id":${id},"method":"container/list","params":{}}`;
      socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    }
    await until(() => asked >= 10);
    await delay(100);
    const waiting = asked;
    assert.ok(waiting < 40, `${waiting} answers of 400 KB`);
    let answered = 0;
    socket.on('data', (chunk: Buffer) => (answered += chunk.toString('latin1').split('"jsonrpc"').length - 1)).resume();
    await until(() => answered >= 55);
    assert.ok(asked > 55);
    assert.deepEqual(logged, []);
  });
});

test('an answer that is longer than what may wait arrives, and a notification behind it', async () => {
  const ids = Array.from({ length: 30_000 }, (_, i) => ({ ...summary, id: i.toString(16).padStart(64, '0') }));
  const subscribe = async (call: Call) => {
    call.notify('events/delta', { sequence: 1 });
    return { sequence: 0, containers: ids as never, images: [], pulls: [] };
  };
  await withGateway({ 'events/subscribe': subscribe }, async (gateway) => {
    const connection = await gateway.client();
    const deltas: unknown[] = [];
    connection.onNotification('events/delta', (delta) => void deltas.push(delta));
    const snapshot = await connection.sendRequest<{ containers: readonly unknown[] }>('events/subscribe', {});
    assert.equal(snapshot.containers.length, 30_000);
    assert.ok(JSON.stringify(snapshot).length > CONNECTION_LIMITS.unreadBytes);
    while (deltas.length === 0) await delay(5);
    assert.deepEqual(gateway.logged, []);
  });
});

const summary = { name: 'web', image: 'busybox', command: 'x'.repeat(300) };

test('while it stops, requests are refused with SHUTTING_DOWN; what is under way is waited for, then cancelled', async () => {
  const handlers = {
    ...ping,
    'container/wait': (call: { signal: AbortSignal }) =>
      new Promise<never>((_resolve, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason as Error))),
  };
  await withGateway(handlers, async (gateway) => {
    const connection = await gateway.client();
    const waiting = refusal(connection.sendRequest('container/wait', { container: 'web' }));
    await delay(20);
    gateway.stopping = true;
    assert.equal((await refusal(connection.sendRequest('system/ping', {}))).code, 'SHUTTING_DOWN');
    await gateway.gate.settle(50);
    assert.equal((await waiting).code, 'CANCELLED');
  });
});

test('of each uid one message is worked on in a turn, however many connections he has', async () => {
  const order: string[] = [];
  const turns = new Turns();
  for (const work of ['a1', 'a2', 'a3']) turns.take(1, () => order.push(work));
  turns.take(2, () => order.push('b1'));
  setImmediate(() => turns.take(3, () => order.push('c1')));
  await delay(20);
  assert.deepEqual(order, ['a1', 'b1', 'a2', 'c1', 'a3']);
});

test('a role is what the policy says now: the next request of one who has lost it is denied, and his connection ends', async () => {
  const asked: string[] = [];
  const handlers = { ...ping, 'container/create': async (_: unknown, { spec }: { spec: { image: string } }) => ({ count: asked.push(spec.image) }) };
  await withGateway(handlers as never, async (gateway) => {
    for (const role of ['user', null] as const) {
      gateway.role = 'admin';
      const connection = await gateway.client();
      await connection.sendRequest('container/create', { spec: { ...anImage, admin: { privileged: true } } });
      gateway.role = role;
      const closed = once(connection.socket, 'close');
      assert.equal((await refusal(connection.sendRequest('container/create', { spec: { image: 'never', admin: { privileged: true } } }))).code, 'DENIED');
      await closed;
    }
    assert.deepEqual(asked, ['busybox', 'busybox']);
    assert.match((await gateway.audit.tail(1000, 1))[0]?.reason ?? '', /the policy has changed: he is not admitted now/);
  });
});

test('a subscription ends with the role that it was made in, before it tells more', async () => {
  const told: (() => void)[] = [];
  let released = false;
  const subscribe = async (call: Call) => {
    call.connection.hold('events', () => (released = true));
    told.push(() => call.notify('events/delta', { sequence: told.length }));
    return { sequence: 0, containers: [], images: [], pulls: [] };
  };
  await withGateway({ 'events/subscribe': subscribe }, async (gateway) => {
    gateway.role = 'admin';
    const connection = await gateway.client();
    const deltas: unknown[] = [];
    connection.onNotification('events/delta', (delta) => void deltas.push(delta));
    await connection.sendRequest('events/subscribe', {});
    told[0]?.();
    while (deltas.length === 0) await delay(2);
    const closed = once(connection.socket, 'close');
    gateway.role = 'user';
    told[0]?.();
    await closed;
    assert.equal(deltas.length, 1);
    assert.equal(released, true);
  });
});
