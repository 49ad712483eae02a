// The guest as it is kept: built and booted once, then its memory and disk are saved, and each run goes on from there in seconds.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../run.mjs';
import { buildImage } from './image.mjs';
import { startMachine } from './machine.mjs';
import { cache } from './settings.mjs';

/** An emulated processor on a busy machine is slow. */
const BOOT_MS = 400_000;

/** The folder with kernel, initrd, disk and memory; makes them when they are not there: some three minutes, 700 MB. */
export async function savedGuest() {
  const { folder, others } = cache();
  if (fs.existsSync(folder)) return folder;
  if (process.geteuid() !== 0) throw new Error('making the guest needs root');
  // Renamed into place when it is whole: who makes the same one meanwhile doesn't meet a half-made one.
  const unfinished = `${folder}.${process.pid}`;
  try {
    fs.mkdirSync(unfinished, { recursive: true });
    console.log(`vm: making a Debian guest in ${folder} (once; some minutes)`);
    await buildImage(unfinished);
    console.log('vm: booting it, and saving its state');
    await saveBooted(unfinished);
    if (!fs.existsSync(folder)) fs.renameSync(unfinished, folder);
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
  for (const old of others) fs.rmSync(old, { recursive: true, force: true });
  return folder;
}

async function saveBooted(folder) {
  // Its backing file by a relative name: the folder is going to be renamed.
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', 'root.img', path.join(folder, 'disk')]);
  const machine = await startMachine({ image: folder, disk: path.join(folder, 'disk'), keepsDisk: true });
  try {
    machine.output.resume();
    const word = await machine.agent.hear(BOOT_MS);
    if (word !== 'ready running') throw new Error(`the guest has booted into a bad state: ${word}`);
    await saveMemory(machine.monitor, path.join(folder, 'memory'));
  } finally {
    await machine.stop();
  }
}

/** A migration into a file; the machine stands still afterwards, with its disk written. */
async function saveMemory(monitor, file) {
  await monitor('migrate-set-parameters', { 'max-bandwidth': 2 ** 34 });
  await monitor('migrate', { uri: `exec:cat > '${file}'` });
  for (;;) {
    const { status } = await monitor('query-migrate');
    if (status === 'completed') break;
    if (status === 'failed' || status === 'cancelled') throw new Error(`saving the guest's memory: ${status}`);
    await delay(100);
  }
  if (fs.statSync(file).size === 0) throw new Error("saving the guest's memory has left an empty file");
}
