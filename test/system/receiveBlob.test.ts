// Blobs from a socket into a file: the real addon, real sockets.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { KernelError } from '../../helper/kernel/kernel.js';
import type { NativeKernel } from '../../helper/kernel/nativeKernel.js';
import { requires } from '../support/world.js';
import { loadKernel } from './support/scratchContainer.js';

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const NEVER = new AbortController().signal;

describe('blobs that come by a socket', requires('root', 'native'), () => {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-blobs-'));
  const at = (name: string): string => path.join(base, name);
  let kernel: NativeKernel;
  before(() => {
    kernel = loadKernel();
  });
  after(() => fs.rmSync(base, { recursive: true }));

  /** Begins to receive into `name`; `sender` is the other end. */
  function receive(name: string, sizeBytes: number, offset = 0, onProgress: (bytes: number) => void = () => undefined, signal = NEVER) {
    const [ours, theirs] = kernel.socketPair();
    const done = kernel.receiveBlob({ socket: ours, path: at(name), offset, sizeBytes }, onProgress, signal);
    // The addon has a descriptor of its own.
    kernel.closeDescriptor(ours);
    return { done, sender: new net.Socket({ fd: theirs }) };
  }

  const incomplete = (errnoName: string, bytes: number) => (error: unknown) => {
    assert.ok(error instanceof KernelError, String(error));
    assert.deepEqual([error.step, error.errnoName, error.object], ['receive-blob', errnoName, String(bytes)]);
    return true;
  };

  test('are hashed and kept, for their owner alone; the progress is told now and then', async () => {
    const blob = randomBytes(3 * 2 ** 20);
    const seen: number[] = [];
    const begin = Date.now();
    const { done, sender } = receive('whole', blob.length, 0, (bytes) => seen.push(bytes));
    sender.end(blob);
    assert.deepEqual(await done, { digest: sha256(blob) });
    assert.ok(fs.readFileSync(at('whole')).equals(blob));
    assert.equal(fs.statSync(at('whole')).mode & 0o777, 0o600);
    assert.ok(seen.length >= 1 && seen.length <= 2 + (Date.now() - begin) / 50);
    sender.destroy();
  });

  test('that end too early say how much came, and go on from there', async () => {
    const blob = randomBytes(2 ** 20);
    const first = receive('resumed', blob.length);
    first.sender.end(blob.subarray(0, 700_001));
    await assert.rejects(first.done, incomplete('ENODATA', 700_001));
    // What is behind the offset is not believed.
    fs.appendFileSync(at('resumed'), 'garbage');
    const second = receive('resumed', blob.length, 700_001);
    second.sender.end(blob.subarray(700_001));
    assert.deepEqual(await second.done, { digest: sha256(blob) });
    assert.ok(fs.readFileSync(at('resumed')).equals(blob));
    first.sender.destroy();
    second.sender.destroy();
  });

  test('of which more comes than there should be are refused', async () => {
    const { done, sender } = receive('more', 1000);
    sender.on('error', () => undefined);
    sender.end(Buffer.alloc(1001));
    await assert.rejects(done, incomplete('EFBIG', 1000));
    sender.destroy();
  });

  test('go to no link, and only behind what is there', async () => {
    fs.symlinkSync(at('target'), at('link'));
    const link = receive('link', 10);
    await assert.rejects(link.done, (error) => error instanceof KernelError && error.errnoName === 'ELOOP');
    const gap = receive('gap', 10, 5);
    await assert.rejects(gap.done, (error) => error instanceof KernelError && error.errnoName === 'EINVAL');
    assert.ok(!fs.existsSync(at('target')));
    for (const { sender } of [link, gap]) sender.destroy();
  });

  test('are left when nobody wants them any more', async () => {
    const controller = new AbortController();
    const { done, sender } = receive('cancelled', 1000, 0, () => undefined, controller.signal);
    sender.write(Buffer.alloc(10));
    await delay(20);
    controller.abort();
    await assert.rejects(done, (error) => error instanceof KernelError && error.errnoName === 'ECANCELED');
    sender.destroy();
  });
});
