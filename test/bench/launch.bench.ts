// What a launch costs the process that asks for it: how long its main thread stands still, whatever its heap, and how long
// until the container's process has been executed. In this process, without a helper around it.
import fs from 'node:fs';
import { loadKernel, ScratchContainer } from '../system/support/scratchContainer.js';
import { median, milliseconds, percentile, printTable, type Row } from './support/statistics.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 40);
const HEAPS_MB = [0, 500];

void main();

async function main(): Promise<void> {
  const kernel = loadKernel();
  const container = await ScratchContainer.make(kernel);
  const rows: Row[] = [];
  try {
    for (const heapMb of HEAPS_MB) {
      const ballast = Array.from({ length: heapMb }, () => Buffer.alloc(2 ** 20, 1));
      const blocked: number[] = [];
      const executed: number[] = [];
      for (let round = 0; round < ROUNDS + 5; round++) {
        const request = container.request({ command: ['true'] });
        const before = process.hrtime.bigint();
        const launching = kernel.launch(request);
        const asked = process.hrtime.bigint();
        await launching;
        if (round >= 5) executed.push(Number(process.hrtime.bigint() - before) / 1000);
        if (round >= 5) blocked.push(Number(asked - before) / 1000);
        await container.exit();
        fs.rmSync(container.at('run/exit'));
      }
      rows.push(
        row(`main thread blocked, ${String(ballast.length)} MB of buffers`, blocked),
        row(`launch → execve, ${String(ballast.length)} MB of buffers`, executed),
      );
    }
  } finally {
    await container.remove();
  }
  printTable(`launch from Node (n = ${String(ROUNDS)})`, ['median', 'p10', 'p90'], rows);
}

const row = (name: string, values: readonly number[]): Row => ({
  name,
  cells: [milliseconds(median(values)), milliseconds(percentile(values, 0.1)), milliseconds(percentile(values, 0.9))],
});
