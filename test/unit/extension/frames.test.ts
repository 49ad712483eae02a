// The stream frames: encoded, cut at any place, and refused when they are not ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeExit, encodeFrame, encodeResize, encodeSignal, encodeStdin, FrameDecoder, FrameError } from '../../../extension/client/frames.js';
import { FRAME_PAYLOAD_MAX, FrameType } from '../../../protocol/streams.js';

test('a frame is type, three zero bytes, big-endian length, payload', () => {
  assert.deepEqual([...encodeFrame(FrameType.Stderr, Buffer.from('ab'))], [2, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
  assert.deepEqual([...encodeResize(24, 300)], [3, 0, 0, 0, 0, 0, 0, 4, 0, 24, 1, 44]);
  assert.deepEqual([...encodeSignal(15)], [7, 0, 0, 0, 0, 0, 0, 1, 15]);
});

test('frames come out whole, wherever the chunks are cut', () => {
  const bytes = Buffer.concat([
    encodeFrame(FrameType.Ready),
    encodeFrame(FrameType.Stdout, Buffer.from('grüße')),
    encodeFrame(FrameType.Exit, Buffer.of(137, 9, 1, 0)),
  ]);
  for (let size = 1; size <= bytes.length; size += 1) {
    const decoder = new FrameDecoder();
    const frames = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(...decoder.push(bytes.subarray(at, at + size)));
    assert.deepEqual(
      frames.map(({ type, payload }) => [type, payload.toString('utf8')]),
      [
        [FrameType.Ready, ''],
        [FrameType.Stdout, 'grüße'],
        [FrameType.Exit, Buffer.of(137, 9, 1, 0).toString('utf8')],
      ],
      `chunks of ${size}`,
    );
    assert.equal(decoder.pendingBytes, 0);
  }
});

test('standard input longer than a frame goes out as several, and nothing as none', () => {
  const input = Buffer.alloc(2 * FRAME_PAYLOAD_MAX + 1, 'x');
  const frames = new FrameDecoder().push(Buffer.concat(encodeStdin(input)));
  assert.deepEqual(
    frames.map(({ payload }) => payload.length),
    [FRAME_PAYLOAD_MAX, FRAME_PAYLOAD_MAX, 1],
  );
  assert.deepEqual(encodeStdin(Buffer.alloc(0)), []);
  assert.throws(() => encodeFrame(FrameType.Stdin, input), RangeError);
});

test('what the protocol does not know is an error', () => {
  assert.throws(() => new FrameDecoder().push(Buffer.of(9, 0, 0, 0, 0, 0, 0, 0)), FrameError);
  assert.throws(() => new FrameDecoder().push(Buffer.of(1, 0, 0, 0, 0, 1, 0, 1)), FrameError);
  assert.throws(() => decodeExit(Buffer.of(1)), FrameError);
  assert.deepEqual(decodeExit(Buffer.of(139, 11, 0, 0)), { code: 139, signal: 11, oomKilled: false });
});
