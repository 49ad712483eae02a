// What unpacking a layer takes: wall time, and processor time with that of the reader process; of one tree as a plain tar, gzipped, and by zstd.
// BENCH_BASELINE=<another build's bulkhead.node>: that one in turn with ours, and the ratios.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NativeKernel } from '../../helper/kernel/nativeKernel.js';
import { inRepository } from '../support/repository.js';
import { median, milliseconds, printTable, ratio, type Row } from './support/statistics.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const TREE = process.env['BENCH_TREE'] ?? '/usr/share';
const BASELINE = process.env['BENCH_BASELINE'];
const NEVER = new AbortController().signal;
const TICK_US = 10_000;

interface Cost {
  readonly wallUs: number;
  readonly cpuUs: number;
}

void main();

async function main(): Promise<void> {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-bench-'));
  // Of a size that holds the blobs and one layer; a disk's own pace is no part of this.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8g,mode=0700', 'tmpfs', base]);
  try {
    const rows: Row[] = [];
    for (const [name, blob] of Object.entries(blobsOf(base))) rows.push(await compare(name, blob, path.join(base, 'layer')));
    const size = fs.statSync(path.join(base, 'plain.tar')).size;
    printTable(
      `a layer of ${TREE}, ${Math.round(size / 1e6)} MB (medians of ${ROUNDS})`,
      ['wall', 'CPU', ...(BASELINE === undefined ? [] : ['wall ÷ baseline', 'CPU ÷ baseline'])],
      rows,
    );
  } finally {
    execFileSync('umount', [base]);
    fs.rmdirSync(base);
  }
}

function blobsOf(base: string): Readonly<Record<string, string>> {
  const at = (name: string): string => path.join(base, name);
  execFileSync('tar', ['-C', TREE, '--xattrs', '-cf', at('plain.tar'), '.']);
  execFileSync('sh', ['-c', `gzip -6 < ${at('plain.tar')} > ${at('gzip.tar')}; zstd -q -3 < ${at('plain.tar')} > ${at('zstd.tar')}`]);
  return { plain: at('plain.tar'), gzip: at('gzip.tar'), zstd: at('zstd.tar') };
}

async function compare(name: string, blob: string, directory: string): Promise<Row> {
  const addons = [inRepository('native/build/Release/bulkhead.node'), ...(BASELINE === undefined ? [] : [BASELINE])];
  const kernels = addons.map((addonPath) => new NativeKernel({ addonPath, dataDirectory: os.tmpdir() }));
  const costs: Cost[][] = kernels.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, kernel] of kernels.entries()) costs[at]?.push(await once(kernel, blob, directory));
  }
  const [ours = [], theirs] = costs;
  const of = (key: keyof Cost, all: readonly Cost[]): number => median(all.map((cost) => cost[key]));
  const keys = ['wallUs', 'cpuUs'] as const;
  const ratios = theirs === undefined ? [] : keys.map((key) => ratio(of(key, ours), of(key, theirs)));
  return { name, cells: [...keys.map((key) => milliseconds(of(key, ours))), ...ratios] };
}

async function once(kernel: NativeKernel, blobPath: string, directory: string): Promise<Cost> {
  fs.mkdirSync(directory, { mode: 0o700 });
  const [begin, cpu] = [process.hrtime.bigint(), cpuUs()];
  const request = { blobPath, directory, lowerDirectories: [], limits: { maxEntries: 2_000_000, maxBytes: 2 ** 36 } };
  await kernel.unpackLayer(request, () => undefined, NEVER);
  const cost = { wallUs: Number(process.hrtime.bigint() - begin) / 1000, cpuUs: cpuUs() - cpu };
  await kernel.removeTree(directory);
  return cost;
}

/** Of this process and of the children that it has reaped (proc_pid_stat(5): cutime, cstime). */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  const fields = fs
    .readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return user + system + (Number(fields[13]) + Number(fields[14])) * TICK_US;
}
