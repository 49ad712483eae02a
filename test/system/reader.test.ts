// The process that reads archives for root: it is there only as long as its work, whoever ends first and however.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { KernelError } from '../../helper/kernel/kernel.js';
import type { NativeKernel } from '../../helper/kernel/nativeKernel.js';
import { inRepository } from '../support/repository.js';
import { tarOf } from '../support/tarBuilder.js';
import { until } from '../support/until.js';
import { requires } from '../support/world.js';
import { loadKernel } from './support/scratchContainer.js';

const LIMITS = { maxEntries: 1000, maxBytes: 2 ** 40 };
const MEMBER_BYTES = 7 * 2 ** 30;

describe('the reader process', requires('root', 'native'), () => {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-reader-'));
  const blobPath = path.join(base, 'blob');
  const directory = path.join(base, 'layer');
  let kernel: NativeKernel;
  before(() => {
    kernel = loadKernel();
    writeLongBlob(blobPath);
  });
  beforeEach(() => {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.mkdirSync(directory, { mode: 0o700 });
  });
  after(() => fs.rmSync(base, { recursive: true }));

  const unpack = (signal = new AbortController().signal) =>
    kernel.unpackLayer({ blobPath, directory, lowerDirectories: [], limits: LIMITS }, () => undefined, signal);

  test('that is killed is told of, and leaves nobody', async () => {
    const failed = assert.rejects(unpack(), (error) => {
      assert.ok(error instanceof KernelError);
      assert.deepEqual([error.step, error.errnoName], ['read-archive', 'EPIPE']);
      return true;
    });
    process.kill(await readerOf(process.pid), 'SIGKILL');
    await failed;
    assert.deepEqual(readersOf(process.pid), []);
  });

  test('ends when the work is called off', async () => {
    const controller = new AbortController();
    const failed = assert.rejects(unpack(controller.signal), (error) => error instanceof KernelError && error.errnoName === 'ECANCELED');
    await readerOf(process.pid);
    controller.abort();
    await failed;
    assert.deepEqual(readersOf(process.pid), []);
  });

  test('ends with the program that started it, even if that is killed', async () => {
    const request = JSON.stringify({ blobPath, directory, lowerDirectories: [], limits: LIMITS });
    const addon = JSON.stringify(inRepository('native/build/Release/bulkhead.node'));
    const starter = spawn(process.execPath, ['--eval', `require(${addon}).unpackLayer(${request})`], { stdio: 'inherit' });
    const { pid = 0 } = starter;
    const reader = await readerOf(pid);
    starter.kill('SIGKILL');
    await until(() => !fs.existsSync(`/proc/${reader}`));
  });
});

/** Takes a while to be read, and no space: what is in it is of a kind that is no file, and nothing but holes. */
function writeLongBlob(file: string): void {
  const header = tarOf([{ name: 'nothing', type: 'Z', size: MEMBER_BYTES }]).subarray(0, 512);
  const fd = fs.openSync(file, 'wx', 0o600);
  for (let member = 0; member < 8; member++) fs.writeSync(fd, header, 0, header.length, member * (MEMBER_BYTES + header.length));
  fs.ftruncateSync(fd, 8 * (MEMBER_BYTES + header.length) + 1024);
  fs.closeSync(fd);
}

async function readerOf(parent: number): Promise<number> {
  await until(() => readersOf(parent).length > 0);
  return readersOf(parent)[0] ?? 0;
}

/** Children of any of its threads that run as bulkhead-reader. */
function readersOf(parent: number): readonly number[] {
  const threads = fs.readdirSync(`/proc/${parent}/task`);
  const children = threads.flatMap((thread) => read(`/proc/${parent}/task/${thread}/children`).split(' ').filter(Boolean));
  return children.filter((child) => read(`/proc/${child}/cmdline`).startsWith('bulkhead-reader\0')).map(Number);
}

/** '': it has gone meanwhile. */
function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
