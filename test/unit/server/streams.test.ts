// Stream connections: a token's owner, its single use and its life; what each purpose does with the connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type net from 'node:net';
import type { Readable } from 'node:stream';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../../helper/engine/failure.js';
import type { Call, StreamPurpose } from '../../../helper/handlers/call.js';
import type { StreamToken } from '../../../protocol/scalars.js';
import { FrameType } from '../../../protocol/streams.js';
import { someUser, withGateway, type Gateway } from './gateway.js';

/** A gateway whose `image/upload` gives out a token for `purpose`, and whose `image/import` reads the upload of a token. */
async function withPurpose(purpose: StreamPurpose, work: (gateway: Gateway, token: () => Promise<string>) => Promise<void>): Promise<void> {
  const handlers = {
    'image/upload': async (call: Call) => ({ token: call.streams.issue(call.caller, purpose) }),
    'image/import': async (call: Call, { upload }: { upload: StreamToken }) => {
      const bytes = await collect(await call.streams.claimUpload(call.caller, upload, call.signal));
      return { images: [{ id: bytes.toString() }] as never };
    },
  };
  await withGateway(handlers, async (gateway) => {
    const client = await gateway.client();
    await work(gateway, async () => (await client.sendRequest<{ token: string }>('image/upload', {})).token);
  });
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function open({ connect }: Gateway, token: string): Promise<net.Socket> {
  const socket = await connect();
  socket.write(`BULKHEAD-STREAM/1 ${token}\n`);
  return socket;
}

/** The first frame that comes: its type and payload. */
async function answer(socket: net.Socket): Promise<readonly [FrameType, string]> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return [bytes.readUInt8(0), bytes.toString('utf8', 8, 8 + bytes.readUInt32BE(4))];
}

const nothing: StreamPurpose = { kind: 'serve', serve: async () => undefined };

test('a token that nobody has, a broken preface, and bytes behind it are refused', async () => {
  await withPurpose(nothing, async (gateway, token) => {
    const [type, text] = await answer(await open(gateway, 'ab'.repeat(32)));
    assert.deepEqual([type, text.split(':')[0]], [FrameType.Error, 'NOT_FOUND']);
    for (const preface of ['BULKHEAD-STREAM/1 short\n', `BULKHEAD-STREAM/1 ${await token()}\nmore`]) {
      const socket = await gateway.connect();
      socket.write(preface);
      assert.equal((await answer(socket))[0], FrameType.Error);
    }
  });
});

test('a token is worth one connection, of its own uid', async () => {
  await withPurpose(nothing, async (gateway, token) => {
    const mine = await token();
    gateway.peer = { ...someUser, uid: 1001 };
    assert.equal((await answer(await open(gateway, mine)))[0], FrameType.Error, "another's");
    gateway.peer = { ...someUser, uid: 0 };
    assert.equal((await answer(await open(gateway, mine)))[0], FrameType.Error, 'root is not the owner either');
    gateway.peer = someUser;
    assert.equal((await answer(await open(gateway, mine)))[0], FrameType.Ready, 'the attempts of others have not used it up');
    assert.equal((await answer(await open(gateway, mine)))[0], FrameType.Error, 'used');
  });
});

test('a token is worth nothing to one who is not any more what he was when he got it', async () => {
  await withPurpose(nothing, async (gateway, token) => {
    const mine = await token();
    gateway.role = 'admin';
    assert.equal((await answer(await open(gateway, mine)))[0], FrameType.Error);
    gateway.role = null;
    assert.equal((await answer(await open(gateway, mine)))[0], FrameType.Error);
    gateway.role = 'user';
    assert.equal((await answer(await open(gateway, mine)))[0], FrameType.Ready);
  });
});

test('pass: the descriptor goes to the monitor with the message, and not a byte is read that came after', async () => {
  await withPurpose({ kind: 'pass', monitorSocket: '/m.sock', message: 'attach 1 24 80\n' }, async (gateway, token) => {
    const socket = await open(gateway, await token());
    const closed = once(socket.resume(), 'close');
    while (gateway.passed.length === 0) await delay(2);
    const [passed] = gateway.passed;
    assert.deepEqual([passed!.monitorSocket, passed!.message], ['/m.sock', 'attach 1 24 80\n']);
    assert.ok(passed!.fd > 2);
    // The recorder has not duplicated it, so that closing the helper's copy closes the connection.
    await closed;
  });
});

test('pass: when the monitor is not there the client is told, and who gave the token out as well', async () => {
  let abandoned = 0;
  const purpose: StreamPurpose = { kind: 'pass', monitorSocket: '/m.sock', message: 'x', abandoned: () => (abandoned += 1) };
  await withPurpose(purpose, async (gateway, token) => {
    gateway.passFailure = new Failure('WRONG_STATE', { reason: 'it has exited' });
    assert.deepEqual(await answer(await open(gateway, await token())), [FrameType.Error, 'WRONG_STATE: it has exited']);
    assert.equal(abandoned, 1);
  });
});

test('serve: READY, then what is written, then the end', async () => {
  await withPurpose({ kind: 'serve', serve: async (sink) => void sink.write('hello') }, async (gateway, token) => {
    const bytes = await collect(await open(gateway, await token()));
    assert.deepEqual([bytes.readUInt8(0), bytes.toString('utf8', 8)], [FrameType.Ready, 'hello']);
  });
});

test('serve: a client that goes aborts the signal; a failure breaks the connection off', async () => {
  const seen = { aborted: false };
  const serve = (_: unknown, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        seen.aborted = true;
        resolve();
      }),
    );
  await withPurpose({ kind: 'serve', serve }, async (gateway, token) => {
    const socket = await open(gateway, await token());
    await answer(socket);
    socket.destroy();
    while (!seen.aborted) await delay(2);
  });
  await withPurpose({ kind: 'serve', serve: () => Promise.reject(new Error('disk')) }, async (gateway, token) => {
    const socket = await open(gateway, await token());
    const closed = once(socket, 'close');
    await answer(socket);
    await closed;
    assert.match(gateway.logged.join(), /disk/);
  });
});

test('upload: the bytes reach the handler whether it comes before or after the client', async () => {
  for (const claimFirst of [true, false]) {
    await withPurpose({ kind: 'upload' }, async (gateway, token) => {
      const upload = await token();
      const client = await gateway.client();
      const send = async (): Promise<void> => {
        const socket = await open(gateway, upload);
        assert.equal((await answer(socket))[0], FrameType.Ready);
        socket.end('x'.repeat(300_000));
      };
      const claim = () => client.sendRequest<{ images: { id: string }[] }>('image/import', { upload });
      const early = claimFirst ? claim() : null;
      await send();
      const { images } = await (early ?? claim());
      assert.equal(images[0]?.id.length, 300_000);
      await assert.rejects(claim(), /NOT_FOUND/, 'claimed already');
    });
  }
});

test('upload: nobody else can claim it, and a cancelled claim waits no longer', async () => {
  await withPurpose({ kind: 'upload' }, async (gateway, token) => {
    const upload = await token();
    gateway.peer = { ...someUser, uid: 1001 };
    await assert.rejects((await gateway.client()).sendRequest('image/import', { upload }), /NOT_FOUND/);
    gateway.peer = someUser;
    const client = await gateway.client();
    const pending = client.sendRequest('image/import', { upload });
    pending.catch(() => undefined);
    await delay(20);
    client.socket.destroy();
    while ((await gateway.audit.tail(1000, 10)).at(-1)?.outcome !== 'CANCELLED') await delay(5);
    const late = await open(gateway, upload);
    await once(late.resume(), 'close');
  });
});

test('the 65th unused token is refused', async () => {
  await withPurpose(nothing, async (_gateway, token) => {
    for (let i = 0; i < 64; i += 1) await token();
    await assert.rejects(token(), /LIMIT/);
  });
});

test('an unused token ends with the helper, and who gave it out is told', async () => {
  let abandoned = 0;
  await withPurpose({ ...nothing, abandoned: () => (abandoned += 1) }, async (_gateway, token) => void (await token()));
  assert.equal(abandoned, 1);
});
