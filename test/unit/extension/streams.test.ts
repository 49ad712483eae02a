// Stream connections over a real unix socket: preface, answer, frames, back-pressure, loss.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AttachedStream } from '../../../extension/client/attachedStream.js';
import { encodeFrame, FrameDecoder, type Frame, type StreamExit } from '../../../extension/client/frames.js';
import { UnreachableError } from '../../../extension/client/socket.js';
import { openStream, StreamRefusedError } from '../../../extension/client/streamConnection.js';
import { FrameType } from '../../../protocol/streams.js';
import { socketFolder } from './tinyHelper.js';

describe('a stream connection', () => {
  let folder: string;
  let socketPath: string;
  let server: net.Server;
  let peer: (socket: Socket, preface: string) => void;

  beforeEach(async () => {
    folder = socketFolder();
    socketPath = path.join(folder, 'helper.sock');
    peer = () => undefined;
    server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', (first: Buffer) => peer(socket, first.toString('latin1')));
    });
    server.listen(socketPath);
    await once(server, 'listening');
  });

  afterEach(async () => {
    server.close();
    await once(server, 'close');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function listen(stream: AttachedStream): { text: string; exit: Promise<StreamExit | undefined> } {
    const heard = { text: '', exit: Promise.resolve<StreamExit | undefined>(undefined) };
    heard.exit = new Promise((resolve) => {
      stream.start({ output: (bytes, source) => (heard.text += `${source === 'stderr' ? '!' : ''}${bytes.toString('utf8')}`), ended: resolve });
    });
    return heard;
  }

  test('the preface names the token; what comes with READY is not lost', async () => {
    let preface = '';
    peer = (socket, first) => {
      preface = first;
      socket.end(
        Buffer.concat([
          encodeFrame(FrameType.Ready),
          encodeFrame(FrameType.Stdout, Buffer.from('out')),
          encodeFrame(FrameType.Stderr, Buffer.from('err')),
          encodeFrame(FrameType.Exit, Buffer.of(3, 0, 0, 0)),
        ]),
      );
    };
    const stream = new AttachedStream(await openStream(socketPath, 'ab'.repeat(32)));
    await delay(20);
    const heard = listen(stream);
    assert.deepEqual(await heard.exit, { code: 3, signal: 0, oomKilled: false });
    assert.equal(heard.text, 'out!err');
    assert.equal(preface, `BULKHEAD-STREAM/1 ${'ab'.repeat(32)}\n`);
  });

  test('a refusal, a wrong answer, silence and a missing socket are told apart', async () => {
    peer = (socket) => socket.end(encodeFrame(FrameType.Error, Buffer.from('NOT_FOUND: the token is unknown')));
    await assert.rejects(
      openStream(socketPath, 'x'),
      (error: unknown) => error instanceof StreamRefusedError && error.reason === 'NOT_FOUND: the token is unknown',
    );
    peer = (socket) => socket.end(encodeFrame(FrameType.Stdout, Buffer.from('too soon')));
    await assert.rejects(openStream(socketPath, 'x'), { name: 'FrameError' });
    peer = (socket) => socket.end();
    await assert.rejects(openStream(socketPath, 'x'), StreamRefusedError);
    await assert.rejects(openStream(path.join(folder, 'nobody.sock'), 'x'), (error: unknown) => error instanceof UnreachableError && error.why === 'missing');
  });

  test('input, size and signals go out as frames', async () => {
    const frames: Frame[] = [];
    peer = (socket) => {
      const decoder = new FrameDecoder();
      socket.on('data', (chunk: Buffer) => frames.push(...decoder.push(chunk)));
      socket.write(encodeFrame(FrameType.Ready));
    };
    const stream = new AttachedStream(await openStream(socketPath, 'x'));
    stream.start({ output: () => undefined, ended: () => undefined });
    stream.write(Buffer.from('ls\r'));
    stream.resize(50, 132);
    stream.signal(2);
    stream.closeInput();
    while (frames.length < 4) await delay(5);
    stream.dispose();
    assert.deepEqual(
      frames.map(({ type, payload }) => [type, payload.toString('hex')]),
      [
        [FrameType.Stdin, Buffer.from('ls\r').toString('hex')],
        [FrameType.Resize, '00320084'],
        [FrameType.Signal, '02'],
        [FrameType.Stdin, ''],
      ],
    );
  });

  test('a paused stream stops the sender: no more than the buffers between goes out', async () => {
    const chunk = encodeFrame(FrameType.Stdout, Buffer.alloc(60_000, 'x'));
    let sent = 0;
    peer = (socket) => {
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      socket.on('drain', pump);
      socket.write(encodeFrame(FrameType.Ready), pump);
    };
    const stream = new AttachedStream(await openStream(socketPath, 'x'));
    const received = { bytes: 0 };
    stream.start({
      output: (bytes) => {
        received.bytes += bytes.length;
        if (received.bytes > 1_000_000) stream.pause();
      },
      ended: () => undefined,
    });
    while (received.bytes <= 1_000_000) await delay(5);
    await delay(200);
    const stalledAt = sent;
    await delay(300);
    assert.equal(sent, stalledAt, 'the sender waits');
    assert.ok(sent - received.bytes < 4_000_000, `${sent - received.bytes} bytes were on the way`);
    stream.resume();
    await delay(100);
    assert.ok(sent > stalledAt, 'and goes on');
    stream.dispose();
  });

  test('a connection that breaks, or that is not ours, ends without an exit', async () => {
    peer = (socket) => socket.write(encodeFrame(FrameType.Ready), () => setTimeout(() => socket.destroy(), 20));
    assert.equal(await listen(new AttachedStream(await openStream(socketPath, 'x'))).exit, undefined);
    peer = (socket) => socket.write(Buffer.concat([encodeFrame(FrameType.Ready), Buffer.from('HTTP/1.1 400 Bad Request\r\n')]));
    assert.equal(await listen(new AttachedStream(await openStream(socketPath, 'x'))).exit, undefined);
  });
});
