// What is done to the descriptor under a socket: from the hand-over on, every byte belongs to whom it was handed to.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { descriptorOf, stopReading } from '../../../helper/server/descriptor.js';
import { readOpening } from '../../../helper/server/opening.js';

test('a socket that is handed over takes nothing more from the kernel, though it has just been read from', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-descriptor-'));
  const listener = net.createServer().listen(path.join(directory, 'socket'));
  await once(listener, 'listening');
  const client = net.connect(path.join(directory, 'socket'));
  const [served] = (await once(listener, 'connection')) as [net.Socket];
  try {
    const opened = new Promise<void>((resolve) =>
      readOpening(served, () => {
        stopReading(served);
        resolve();
      }),
    );
    const preface = `BULKHEAD-STREAM/1 ${'ab'.repeat(32)}\n`;
    client.write(preface);
    await opened;
    client.write('what the client sends as soon as it may');
    await delay(100);
    assert.equal(served.bytesRead, preface.length);
    assert.ok(descriptorOf(served) >= 0);
  } finally {
    client.destroy();
    served.destroy();
    listener.close();
    fs.rmSync(directory, { recursive: true });
  }
});
