// The client against a server on a real unix socket: it connects, reconnects, resyncs, and lets no call hang.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../../../extension/client/backoff.js';
import { AbortedError, CallError, DisconnectedError } from '../../../extension/client/callError.js';
import { ready } from '../../../extension/commands/ready.js';
import { UnreachableError } from '../../../extension/client/socket.js';
import { HelperClient } from '../../../extension/client/helperClient.js';
import { uploadImage } from '../../../extension/client/uploadImage.js';
import type { HelperState } from '../../../extension/client/helperState.js';
import { WorldStore } from '../../../extension/model/worldStore.js';
import { DELTA_NOTIFICATION } from '../../../protocol/events.js';
import { info, refusal, socketFolder, startTinyHelper, type Handlers, type TinyHelper } from './tinyHelper.js';
import { container, delta, id, snapshot } from './worldFixture.js';

describe('the client', () => {
  let folder: string;
  let socketPath: string;
  let store: WorldStore;
  let client: HelperClient;
  let servers: TinyHelper[];

  beforeEach(() => {
    folder = socketFolder();
    socketPath = path.join(folder, 'run', 'helper.sock');
    store = new WorldStore();
    servers = [];
    client = new HelperClient(socketPath, store, { info: () => undefined, warn: () => undefined });
  });

  afterEach(async () => {
    client.dispose();
    for (const server of servers) await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function serve(handlers: Handlers = {}): Promise<TinyHelper> {
    fs.mkdirSync(path.dirname(socketPath), { recursive: true });
    const server = await startTinyHelper(socketPath, handlers);
    servers.push(server);
    return server;
  }

  async function until(condition: () => boolean, timeoutMs = 5_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition()) {
      assert.ok(Date.now() < deadline, 'it did not come to pass in time');
      await delay(5);
    }
  }

  const reached = (status: HelperState['status']) => until(() => client.state.status === status);

  test('it connects, and holds the world that it was sent', async () => {
    await serve({ 'events/subscribe': () => snapshot(7, [container('a')]) });
    client.connect();
    await reached('ready');
    assert.deepEqual([...store.world.containers.keys()], [id('a')]);
  });

  test('a missing socket is seen as soon as it appears, its folder too', async () => {
    client.connect();
    await reached('unreachable');
    // Long past the first, short waits of the back-off: only the watcher can be this quick.
    await delay(8_000);
    await serve();
    const appeared = Date.now();
    await reached('ready');
    assert.ok(Date.now() - appeared < 3_000, `it took ${Date.now() - appeared} ms`);
  });

  test('calls wait for the connection, and are typed', async () => {
    await serve({ 'container/rename': ({ container: name }) => refusal({ code: 'NOT_FOUND', operation: 'container/rename', object: name }) });
    client.connect();
    const error = await client.call('container/rename', { container: 'gone', name: 'there' }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof CallError);
    assert.deepEqual(error.data, { code: 'NOT_FOUND', operation: 'container/rename', object: 'gone' });
    assert.equal(error.container, 'gone');
  });

  test('without a helper a call fails, and does not hang', async () => {
    client.connect();
    await assert.rejects(client.call('system/ping', {}), DisconnectedError);
  });

  test('calls that are under way when the helper dies are rejected, and the client comes back', async () => {
    const server = await serve({ 'container/wait': () => new Promise(() => undefined) });
    client.connect();
    await reached('ready');
    const waiting = client.call('container/wait', { container: 'a' });
    const rejected = assert.rejects(waiting, DisconnectedError);
    await delay(20);
    await server.stop();
    servers = [];
    await rejected;
    await serve({ 'events/subscribe': () => snapshot(1, [container('b')]) });
    await reached('ready');
    assert.deepEqual([...store.world.containers.keys()], [id('b')]);
  });

  test('while it connects again the world stays, and it is cleared once the helper is known to be down', async () => {
    const server = await serve({ 'events/subscribe': () => snapshot(1, [container('a')]) });
    client.connect();
    await reached('ready');
    const sizes: Record<string, number> = {};
    client.onDidChangeState((state) => (sizes[state.status] ??= store.world.containers.size));
    await server.stop();
    servers = [];
    await reached('unreachable');
    assert.deepEqual(sizes, { connecting: 1, unreachable: 0 });
  });

  test('an aborted call is cancelled at the helper', async () => {
    let cancelled = false;
    await serve({
      'container/wait': (_params, token) =>
        new Promise((resolve) => {
          token.onCancellationRequested(() => {
            cancelled = true;
            resolve(refusal({ code: 'CANCELLED', operation: 'container/wait' }));
          });
        }),
    });
    client.connect();
    const controller = new AbortController();
    const waiting = client.call('container/wait', { container: 'a' }, { signal: controller.signal });
    await reached('ready');
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(waiting, AbortedError);
    await until(() => cancelled);
    await assert.rejects(client.call('system/ping', {}, { signal: AbortSignal.abort() }), AbortedError);
  });

  test('a gap in the deltas fetches the whole world again, once', async () => {
    let subscriptions = 0;
    const server = await serve({
      'events/subscribe': () => {
        subscriptions += 1;
        return subscriptions === 1 ? snapshot(1) : snapshot(5, [container('a'), container('b')]);
      },
    });
    client.connect();
    await reached('ready');
    const send = (sequence: number) =>
      server.connections[0]?.sendNotification(DELTA_NOTIFICATION, delta(sequence, [{ kind: 'container/upsert', container: container(`n${sequence}`) }]));
    await send(2);
    await until(() => store.world.sequence === 2);
    await send(4);
    await send(5);
    await until(() => store.world.sequence === 5);
    assert.equal(store.world.containers.size, 2);
    await send(6);
    await until(() => store.world.sequence === 6);
    assert.equal(subscriptions, 2);
  });

  test('a helper of another major version is refused, and its reason told', async () => {
    await serve({ 'system/info': () => info({ protocolVersion: '99.0', helperVersion: '9.9.9' }) });
    client.connect();
    await reached('incompatible');
    assert.deepEqual(client.state, { status: 'incompatible', helperVersion: '9.9.9', protocolVersion: '99.0' });
  });

  test('a helper that denies the user is told apart from one that is not there', async () => {
    await serve({ 'system/info': () => refusal({ code: 'DENIED', operation: 'system/info', reason: 'the policy does not admit uid 1000' }) });
    client.connect();
    await reached('denied');
    assert.deepEqual(client.state, { status: 'denied', reason: 'the policy does not admit uid 1000' });
  });

  test('a helper that takes the connection and is silent is told apart, and found again once it speaks', async () => {
    let isHung = true;
    await serve({ 'system/info': () => (isHung ? new Promise(() => undefined) : info()) });
    const patient = new HelperClient(socketPath, store, { info: () => undefined, warn: () => undefined }, 100);
    try {
      patient.connect();
      await assert.rejects(ready(patient), (error) => error instanceof UnreachableError && error.why === 'unresponsive');
      assert.deepEqual(patient.state, { status: 'unreachable', why: 'unresponsive' });
      isHung = false;
      await until(() => patient.state.status === 'ready');
      assert.equal((await ready(patient)).caller.uid, 1000);
    } finally {
      patient.dispose();
    }
  });

  test('a connection that breaks while it is greeted puts the next off once, not twice', async () => {
    const waits = mock.method(Backoff.prototype, 'nextMs', () => 20);
    const server = await serve({ 'system/info': () => new Promise(() => undefined) });
    // What a connection is dropped by: its socket is destroyed.
    const drop = setInterval(() => void server.drop(), 5);
    client.connect();
    await until(() => server.connections.length >= 5);
    clearInterval(drop);
    const connections = server.connections.length;
    assert.ok(waits.mock.callCount() <= connections, `${waits.mock.callCount()} waits for ${connections} connections`);
    waits.mock.restore();
  });

  test('an upload that is not taken lets go of the archive, and one that is cancelled is no failure', async () => {
    await serve({ 'image/upload': () => refusal({ code: 'LIMIT', operation: 'image/upload', reason: 'too many' }) });
    client.connect();
    await reached('ready');
    const archive = () => ({ bytes: new Readable({ read: () => undefined }), sizeBytes: undefined, reference: undefined });
    const refused = archive();
    await assert.rejects(
      uploadImage(client, refused, () => undefined, new AbortController().signal),
      CallError,
    );
    assert.equal(refused.bytes.destroyed, true);
    const cancelled = archive();
    await assert.rejects(
      uploadImage(client, cancelled, () => undefined, AbortSignal.abort()),
      AbortedError,
    );
    assert.equal(cancelled.bytes.destroyed, true);
  });

  test('an upload that is cancelled while its stream is opened is no failure', async () => {
    await serve({ 'image/upload': () => ({ token: '0'.repeat(64) }) });
    client.connect();
    await reached('ready');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    // This server never answers a stream's preface.
    const bytes = new Readable({ read: () => undefined });
    await assert.rejects(
      uploadImage(client, { bytes, sizeBytes: undefined, reference: undefined }, () => undefined, controller.signal),
      AbortedError,
    );
    assert.equal(bytes.destroyed, true);
  });

  test('a command is told why there is no helper for it', async () => {
    client.connect();
    await assert.rejects(ready(client), (error) => error instanceof UnreachableError && error.why === 'missing');
    await serve({ 'system/info': () => refusal({ code: 'DENIED', operation: 'system/info', reason: 'not admitted' }) });
    await reached('denied');
    await assert.rejects(ready(client), (error) => error instanceof CallError && error.data.code === 'DENIED' && error.data.reason === 'not admitted');
  });

  test('another socket path takes effect at once', async () => {
    await serve({ 'events/subscribe': () => snapshot(1, [container('a')]) });
    client.connect();
    await reached('ready');
    const second = await startTinyHelper(path.join(folder, 'second.sock'), { 'events/subscribe': () => snapshot(1, [container('b')]) });
    servers.push(second);
    client.connect(second.socketPath);
    await until(() => store.world.containers.has(id('b')));
    assert.deepEqual([...store.world.containers.keys()], [id('b')]);
  });

  test('progress reaches the one who asked for it', async () => {
    await serve({
      'image/import': async ({ progressToken }, _token, connection) => {
        await connection.sendNotification('$/progress', { token: progressToken, value: { phase: 'unpacking', doneBytes: 1, totalBytes: 2 } });
        return { images: [] };
      },
    });
    client.connect();
    await reached('ready');
    const seen: unknown[] = [];
    const progress = client.onProgress('token-1', (value) => seen.push(value));
    await client.call('image/import', { upload: '0'.repeat(64), progressToken: 'token-1' });
    progress.dispose();
    assert.deepEqual(seen, [{ phase: 'unpacking', doneBytes: 1, totalBytes: 2 }]);
  });
});
