// Pulling an image from a registry on this machine: beside Podman, and skopeo with umoci, in turn; again, when it is there; another one
// that shares layers with it; and what the helper's memory comes to meanwhile, whatever the layer's size.
import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { startDebianRegistry, type DebianRegistry } from '../support/debianRegistry.js';
import { startHelper, type TestHelper } from '../support/helper.js';
import { tarOf } from '../support/tarBuilder.js';
import { TestClient } from '../support/testClient.js';
import { bigLayer } from './support/bigLayer.js';
import { imageRivals } from './support/imageRivals.js';
import { JournaledDisk } from './support/journaledDisk.js';
import { timeOfProcess, type Time } from './support/processorTime.js';
import { imageOf, layerOfTar, realLayers, type Layer } from './support/realImage.js';
import { median, printTable, ratio } from './support/statistics.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const DISK_GB = 12;
const BIG_LAYER_BYTES = 4 * 2 ** 30;

void main();

async function main(): Promise<void> {
  const disk = new JournaledDisk(DISK_GB);
  const registry = await startDebianRegistry();
  try {
    const layers = await realLayers(disk.scratch);
    await registry.push('real', 'latest', imageOf(layers));
    await registry.push('real', 'next', imageOf([...layers, smallLayer()]));
    describeImage(layers);
    await reportPulls(disk, registry);
    await reportRepeated(disk, registry);
    await registry.push('big', 'latest', imageOf([bigLayer(BIG_LAYER_BYTES)]));
    await reportMemory(disk, registry);
  } finally {
    await registry.stop();
    disk.end();
  }
}

function describeImage(layers: readonly Layer[]): void {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const rows = layers.map(({ tarBytes, blob }, at) => ({ name: `layer ${at}`, cells: [megabytes(tarBytes), megabytes(blob.length)] }));
  printTable('The image', ['tar', 'gzip'], rows);
}

/** Whoever's turn comes pulls into an empty store. */
async function reportPulls(disk: JournaledDisk, registry: DebianRegistry): Promise<void> {
  const rivals = imageRivals();
  const own: Time[] = [];
  const theirs = rivals.map((): Time[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    own.push(await withHelper(disk, ({ helper, client }) => timeOfProcess(pidOf(helper), disk.scratch, () => pull(client, registry, 'real'))));
    for (const [at, rival] of rivals.entries()) {
      const folder = disk.folder();
      theirs[at]?.push(await rival.pull(`${registry.host}/real:latest`, folder, disk.scratch));
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  const cells = (times: readonly Time[]): readonly string[] => {
    const [wall, cpu] = [median(times.map(({ wallMs }) => wallMs)), median(times.map(({ cpuMs }) => cpuMs))];
    const [ownWall, ownCpu] = [median(own.map(({ wallMs }) => wallMs)), median(own.map(({ cpuMs }) => cpuMs))];
    return [seconds(wall), seconds(cpu), ratio(ownWall, wall), ratio(ownCpu, cpu)];
  };
  const rows = [{ name: 'bulkhead', cells: cells(own) }, ...rivals.map(({ name }, at) => ({ name, cells: cells(theirs[at] ?? []) }))];
  printTable('Pull and unpack, medians', ['wall', 'processor', 'our wall ÷ it', 'our processor ÷ it'], rows);
}

async function reportRepeated(disk: JournaledDisk, registry: DebianRegistry): Promise<void> {
  const asked: number[] = [];
  const again: number[] = [];
  let next = 0;
  await withHelper(disk, async ({ client }) => {
    await pull(client, registry, 'real');
    for (let round = 0; round < 5 * ROUNDS; round += 1) {
      asked.push(await timed(() => fetch(`http://${registry.host}/v2/real/manifests/latest`).then((answer) => answer.arrayBuffer())));
      again.push(await timed(() => pull(client, registry, 'real')));
    }
    next = await timed(() => pull(client, registry, 'real:next'));
  });
  printTable(
    'What is there already',
    ['wall'],
    [
      { name: 'the registry’s answer, median', cells: [`${median(asked).toFixed(1)} ms`] },
      { name: 'pull of the same image again, median', cells: [`${median(again).toFixed(1)} ms`] },
      { name: 'pull of one with a small layer more', cells: [`${next.toFixed(1)} ms`] },
    ],
  );
}

async function reportMemory(disk: JournaledDisk, registry: DebianRegistry): Promise<void> {
  await withHelper(disk, async ({ helper, client }) => {
    const before = statusOf(pidOf(helper), 'VmRSS');
    const took = await timed(() => pull(client, registry, 'big'));
    const [worker] = registryProcesses();
    printTable(
      `A layer of ${BIG_LAYER_BYTES / 2 ** 30} GiB`,
      ['value'],
      [
        { name: 'wall', cells: [seconds(took)] },
        { name: 'helper before, resident', cells: [megabytesOf(before)] },
        { name: 'helper at its peak', cells: [megabytesOf(statusOf(pidOf(helper), 'VmHWM'))] },
        { name: 'registry process at its peak', cells: [worker === undefined ? '–' : megabytesOf(statusOf(worker, 'VmHWM'))] },
      ],
    );
  });
}

interface Running {
  readonly helper: TestHelper;
  readonly client: TestClient;
}

async function withHelper<T>(disk: JournaledDisk, work: (running: Running) => Promise<T>): Promise<T> {
  const folder = disk.folder();
  const helper = await startHelper(['--data-dir', folder]);
  const client = await TestClient.connect(helper.socketPath);
  try {
    return await work({ helper, client });
  } finally {
    client.close();
    await helper.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function pull(client: TestClient, { host }: DebianRegistry, name: string): Promise<unknown> {
  return client.call('image/pull', { references: [`${host}/${name}`], registries: [{ registry: host, insecure: true }] });
}

function smallLayer(): Layer {
  const tar = tarOf([{ name: 'etc/added', content: 'small' }]);
  return layerOfTar(tar, gzipSync(tar));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const pidOf = ({ process: { pid } }: TestHelper): number => pid ?? 0;

/** Of this user's: there is one helper at a time. */
function registryProcesses(): readonly number[] {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/registry.js');
    } catch {
      return false;
    }
  });
}

/** In KB. */
function statusOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

const megabytesOf = (kilobytes: number): string => `${(kilobytes / 1024).toFixed(0)} MB`;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
