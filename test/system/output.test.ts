// Much output: half a gigabyte into the log without a byte lost, while the helper goes on answering others; and what a
// container weighs while it runs.
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { openStream } from '../../extension/client/streamConnection.js';
import { IMAGE, ImageHelper } from '../support/imageHelper.js';
import type { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

const BYTES = 500 * 2 ** 20;
const LINE = Buffer.from(`${'0123456789'.repeat(8).slice(0, 79)}\n`);
const PRINT = ['sh', '-c', `yes ${LINE.toString().trim()} | head -c ${String(BYTES)}`];
/** A stall would show as seconds; a busy machine shows as tens of milliseconds. */
const STALL_MS = 2000;

describe('output', requires('root', 'native', 'helper', 'image'), () => {
  const own = ImageHelper.ofSuite();

  test('500 MB are in the log to the last byte, and nobody waits meanwhile', { timeout: 300_000 }, async () => {
    const { id } = await own.client.run({ image: IMAGE, command: PRINT });
    const exited = own.client.call('container/wait', { container: id });
    const slowestMs = await slowestPing(own.client, exited);
    assert.equal((await exited).exit.code, 0);
    assert.ok(slowestMs < STALL_MS, `a ping took ${String(slowestMs)} ms`);
    assert.equal(await digestOfLog(own.client, id), digestOfOutput());
    await own.client.call('container/remove', { container: id });
  });

  test('a monitor takes 128 KB of memory at most', async () => {
    const { id } = await own.client.run({ image: IMAGE, command: ['sleep', '3600'] });
    const { processes } = await own.client.call('container/top', { container: id });
    const monitor = processes[0]?.parentPid ?? 0;
    const pss = /^Pss:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${String(monitor)}/smaps_rollup`, 'utf8'));
    assert.match(fs.readFileSync(`/proc/${String(monitor)}/cmdline`, 'utf8'), /bulkhead-init/);
    assert.ok(Number(pss?.[1]) <= 128, `Pss: ${String(pss?.[1])} KB`);
    await own.client.call('container/remove', { container: id, force: true });
  });
});

async function slowestPing(client: TestClient, until: Promise<unknown>): Promise<number> {
  const over = until.then(
    () => true,
    () => true,
  );
  let slowestMs = 0;
  while (!(await Promise.race([over, new Promise<false>((resolve) => setTimeout(() => resolve(false), 50))]))) {
    const before = performance.now();
    await client.call('system/ping', {});
    slowestMs = Math.max(slowestMs, performance.now() - before);
  }
  return slowestMs;
}

function digestOfOutput(): string {
  const hash = createHash('sha256');
  const block = Buffer.concat(Array.from({ length: 4096 }, () => LINE));
  for (let left = BYTES; left > 0; left -= block.length) hash.update(left >= block.length ? block : block.subarray(0, left));
  return hash.digest('hex');
}

/** The output again, from the records of its log (docs of protocol/streams.ts: time, stream, tag, bytes). */
async function digestOfLog(client: TestClient, container: string): Promise<string> {
  const { token } = await client.call('container/logs', { container });
  const hash = createHash('sha256');
  let rest = Buffer.alloc(0);
  for await (const chunk of await openStream(client.socketPath, token)) rest = hashRecords(hash, Buffer.concat([rest, chunk as Buffer]));
  assert.equal(rest.length, 0, 'the log ends in the middle of a record');
  return hash.digest('hex');
}

function hashRecords(hash: Hash, bytes: Buffer): Buffer<ArrayBuffer> {
  let start = 0;
  for (let end: number; (end = bytes.indexOf(0x0a, start)) >= 0; start = end + 1) {
    const tag = bytes.indexOf(0x20, bytes.indexOf(0x20, start) + 1) + 1;
    const isFull = bytes[tag] === 0x46;
    hash.update(bytes.subarray(tag + 2, isFull ? end + 1 : end));
  }
  return Buffer.from(bytes.subarray(start));
}
