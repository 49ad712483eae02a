// The log stream: where it begins, when it ends, and that its reader sets the pace.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { once } from 'node:events';
import { appendFile, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { tailOffset } from '../../../helper/engine/logs/logPosition.js';
import { streamLog, type LogRequest, type LogWriter } from '../../../helper/engine/logs/streamLog.js';

describe('logs', () => {
  let folder: string;
  let log: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'bulkhead-unit-'));
    log = path.join(folder, 'log');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const record = (second: number, tag: 'F' | 'P', text: string): string =>
    `2026-01-01T00:00:${String(second).padStart(2, '0')}.123456789Z stdout ${tag} ${text}\n`;
  const never = new AbortController().signal;
  const silent: LogWriter = { isActive: () => false, watch: () => () => undefined };
  const ALL: LogRequest = { follow: false, tail: undefined, sinceMs: undefined };

  /** A writer whose end the test decides. */
  class Running implements LogWriter {
    private active = true;
    private readonly listeners = new Set<() => void>();

    isActive(): boolean {
      return this.active;
    }

    watch(listener: () => void): () => void {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    }

    end(): void {
      this.active = false;
      for (const listener of this.listeners) listener();
    }
  }

  async function read(request: LogRequest, writer: LogWriter = silent): Promise<string> {
    const sink = new PassThrough();
    const done = streamLog(log, request, writer, sink, never).then(() => sink.end());
    const chunks: Buffer[] = [];
    for await (const chunk of sink) chunks.push(chunk as Buffer);
    await done;
    return Buffer.concat(chunks).toString('utf8');
  }

  describe('tail', () => {
    const lines = [record(1, 'F', 'a'), record(2, 'P', 'b1'), record(3, 'F', 'b2'), record(4, 'F', 'c')];

    test('counts whole lines, however many records they are', async () => {
      await writeFile(log, lines.join(''));
      for (const [tail, expected] of [
        [0, 4],
        [1, 3],
        [2, 1],
        [3, 0],
        [9, 0],
      ] as const) {
        assert.equal(await read({ ...ALL, tail }), lines.slice(expected).join(''), `tail ${tail}`);
      }
    });

    test('of lines longer than a block', async () => {
      const long = [record(1, 'F', 'x'.repeat(200_000)), record(2, 'F', 'y'.repeat(70_000)), record(3, 'F', 'z')];
      await writeFile(log, long.join(''));
      assert.equal(await read({ ...ALL, tail: 2 }), long.slice(1).join(''));
    });

    test('agrees with counting forward, at every offset of the blocks', async () => {
      const many = Array.from({ length: 3000 }, (_, index) => record(index % 60, index % 7 === 0 ? 'P' : 'F', 'w'.repeat((index * 37) % 150)));
      await writeFile(log, many.join(''));
      const handle = await open(log);
      try {
        const { size } = await handle.stat();
        for (const tail of [1, 2, 10, 499, 1000, 2500]) assert.equal(await tailOffset(handle, size, tail), offsetByCounting(many, tail), `tail ${tail}`);
      } finally {
        await handle.close();
      }
    });

    test('of an empty or missing log is empty', async () => {
      assert.equal(await read({ ...ALL, tail: 3 }), '');
      await writeFile(log, '');
      assert.equal(await read({ ...ALL, tail: 3 }), '');
    });
  });

  /** The same question, answered the slow way: after how many bytes do the last `tail` whole lines begin? */
  function offsetByCounting(records: readonly string[], tail: number): number {
    const ends = records.map((text, index) => ({ full: text.includes(' F '), end: records.slice(0, index + 1).join('').length }));
    const full = ends.filter((entry) => entry.full);
    return full.at(-1 - tail)?.end ?? 0;
  }

  test('since leaves out what is older', async () => {
    const lines = [1, 2, 3].map((second) => record(second, 'F', `line ${second}`));
    await writeFile(log, lines.join(''));
    assert.equal(await read({ ...ALL, sinceMs: Date.parse('2026-01-01T00:00:02Z') }), lines.slice(1).join(''));
    assert.equal(await read({ ...ALL, sinceMs: Date.parse('2027-01-01T00:00:00Z') }), '');
  });

  describe('follow', () => {
    test('sends what is appended, and ends with the writer', async () => {
      await writeFile(log, record(1, 'F', 'first'));
      const writer = new Running();
      const all = read({ ...ALL, follow: true }, writer);
      for (const second of [2, 3, 4]) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await appendFile(log, record(second, 'F', 'more'));
      }
      writer.end();
      assert.equal((await all).split('\n').length, 5);
    });

    test('goes on where the kernel has no watch left to give', async (t) => {
      const failure = Object.assign(new Error('no watch left'), { code: 'ENOSPC' });
      t.mock.method(fs, 'watch', () => {
        throw failure;
      });
      await writeFile(log, record(1, 'F', 'first'));
      const sink = new PassThrough();
      const writer = new Running();
      const done = streamLog(log, { ...ALL, follow: true }, writer, sink, new AbortController().signal);
      let text = '';
      sink.on('data', (chunk: Buffer) => (text += chunk.toString()));
      while (!text.includes('first')) await new Promise((resolve) => setTimeout(resolve, 5));
      await appendFile(log, record(2, 'F', 'second'));
      while (!text.includes('second')) await new Promise((resolve) => setTimeout(resolve, 20));
      writer.end();
      await done;
    });

    test('loses nothing that was written just before the end', async () => {
      await writeFile(log, '');
      const writer = new Running();
      const all = read({ ...ALL, follow: true }, writer);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await appendFile(log, record(1, 'F', 'last words'));
      writer.end();
      assert.match(await all, /last words/);
    });

    test('waits for a log that is not there yet, as long as there may be one', async () => {
      const writer = new Running();
      const all = read({ ...ALL, follow: true }, writer);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await writeFile(log, record(1, 'F', 'first words'));
      writer.end();
      assert.match(await all, /first words/);
      await rm(log);
      const none = new Running();
      const nothing = read({ ...ALL, follow: true }, none);
      await new Promise((resolve) => setTimeout(resolve, 20));
      none.end();
      assert.equal(await nothing, '');
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 20);
      await streamLog(log, { ...ALL, follow: true }, new Running(), new PassThrough(), controller.signal);
    });

    test('ends when the reader has gone', async () => {
      await writeFile(log, record(1, 'F', 'x'));
      const controller = new AbortController();
      const done = streamLog(log, { ...ALL, follow: true }, new Running(), new PassThrough().resume(), controller.signal);
      setTimeout(() => controller.abort(), 20);
      await done;
    });
  });

  test('a slow reader holds the log back: hardly more than he has taken is in memory', async () => {
    await writeFile(log, Buffer.alloc(8 * 2 ** 20, record(1, 'F', 'x'.repeat(100))));
    let taken = 0;
    const sink = new Writable({ highWaterMark: 2 ** 16, write: (chunk: Buffer, _encoding, done) => void ((taken += chunk.length), setTimeout(done, 5)) });
    const controller = new AbortController();
    const done = streamLog(log, ALL, silent, sink, controller.signal);
    await once(sink, 'drain');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(sink.writableLength <= 2 * 2 ** 16, `${sink.writableLength} bytes wait`);
    assert.ok(taken < 4 * 2 ** 20);
    controller.abort();
    await done;
  });
});
