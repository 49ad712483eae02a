// How fast a container's output flows: into its log, and through its terminal to an attached client; beside the same
// command without a container, through a pipe into a file (cat) and through a terminal (script).
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Session } from '../../extension/client/session.js';
import { AttachedStream } from '../../extension/client/attachedStream.js';
import { openStream } from '../../extension/client/streamConnection.js';
import { ensureImage } from '../../tools/client/images.js';
import { startHelper, type TestHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { median, printTable, ratio, type Row } from './support/statistics.js';

const IMAGE = 'bulkhead/busybox:latest';
const LOG_BYTES = 500 * 2 ** 20;
const TERMINAL_BYTES = 32 * 2 ** 20;
const ROUNDS = 3;
const LINE = '0123456789'.repeat(8).slice(0, 79);
const printing = (bytes: number): string => `yes ${LINE} | head -c ${String(bytes)}`;

void main();

async function main(): Promise<void> {
  const helper = await startHelper();
  const session = await helper.connect();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-bench-'));
  try {
    await ensureImage(helper.socketPath, inRepository('dist/image/busybox.tar'), IMAGE);
    const log: Pair = { ours: [], plain: [] };
    const terminal: Pair = { ours: [], plain: [] };
    for (let round = 0; round < ROUNDS; round++) {
      log.ours.push(await seconds(() => printToLog(session)));
      log.plain.push(await seconds(() => sh(`busybox sh -c 'busybox ${printing(LOG_BYTES).replace('| head', '| busybox head')}' | cat > ${scratch}/log`)));
      terminal.ours.push(await seconds(() => printToTerminal(session, helper)));
      terminal.plain.push(
        await seconds(() => sh(`script -qc "busybox sh -c 'busybox ${printing(TERMINAL_BYTES).replace('| head', '| busybox head')}'" /dev/null > /dev/null`)),
      );
    }
    printTable(
      `output (medians of ${String(ROUNDS)})`,
      ['MB/s', 'without a container', 'ours ÷ that'],
      [row('log, lines of 80 bytes', LOG_BYTES, log), row('terminal → attached client', TERMINAL_BYTES, terminal)],
    );
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
    session.dispose();
    await helper.stop();
  }
}

interface Pair {
  readonly ours: number[];
  readonly plain: number[];
}

function row(name: string, bytes: number, { ours, plain }: Pair): Row {
  const rate = (values: readonly number[]): number => bytes / 1e6 / median(values);
  return { name, cells: [rate(ours).toFixed(0), rate(plain).toFixed(0), ratio(rate(ours), rate(plain))] };
}

async function seconds(work: () => unknown): Promise<number> {
  const before = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - before) / 1e9;
}

const sh = (command: string): void => void execFileSync('/bin/sh', ['-c', command], { stdio: ['ignore', 'inherit', 'inherit'] });

async function printToLog(session: Session): Promise<void> {
  const { id: container } = await session.call('container/create', { spec: { image: IMAGE, command: ['sh', '-c', printing(LOG_BYTES)] } });
  await session.call('container/start', { container });
  await session.call('container/wait', { container });
  await session.call('container/remove', { container });
}

async function printToTerminal(session: Session, { socketPath }: TestHelper): Promise<void> {
  const spec = { image: IMAGE, command: ['sh', '-c', `read go; ${printing(TERMINAL_BYTES)}`], terminal: true, openStdin: true };
  const { id: container } = await session.call('container/create', { spec });
  await session.call('container/start', { container });
  const { token } = await session.call('container/attach', { container });
  const stream = new AttachedStream(await openStream(socketPath, token));
  let received = 0;
  const ended = new Promise<void>((resolve) => stream.start({ output: (bytes) => void (received += bytes.length), ended: () => resolve() }));
  stream.write(Buffer.from('\n'));
  await ended;
  if (received < TERMINAL_BYTES) throw new Error(`the terminal gave ${String(received)} of ${String(TERMINAL_BYTES)} bytes`);
  await session.call('container/remove', { container, force: true });
}
