// Runs a command in a fresh copy of the guest. The host's whole file system is at /host there, read-only; the repository is at its own
// path, writable, but what is written goes with the guest; `/exchange` is a folder of the run that both sides write to.
import fs from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../repository.mjs';
import { startMachine } from './machine.mjs';
import { savedGuest } from './saved.mjs';

/**
 * Resolves to { status, files }: the command's exit status, and what it left in /exchange (name → content). Its output goes to the terminal.
 * Rejects when the guest can't be had, or has not ended in time.
 */
export async function runInGuest(command, { timeoutMs, environment = {} }) {
  const folder = await savedGuest();
  const machine = await startMachine({ image: folder, disk: path.join(folder, 'disk'), keepsDisk: false, state: path.join(folder, 'memory') });
  try {
    const printed = new Promise((resolve) => machine.output.once('close', resolve));
    machine.output.pipe(process.stdout, { end: false });
    fs.writeFileSync(path.join(machine.exchange, 'job'), jobOf(command, environment));
    machine.agent.say(String(Date.now() / 1000));
    const word = await machine.agent.hear(timeoutMs);
    const status = Number(/^exit (\d+)$/.exec(word)?.[1] ?? NaN);
    if (Number.isNaN(status)) throw new Error(`the guest said ${word}`);
    const files = new Map(leftIn(machine.exchange));
    await machine.monitor('quit').catch(() => undefined);
    await printed;
    return { status, files };
  } finally {
    await machine.stop();
  }
}

const leftIn = (exchange) =>
  fs
    .readdirSync(exchange)
    .filter((name) => name !== 'job')
    .map((name) => [name, fs.readFileSync(path.join(exchange, name), 'utf8')]);

/** The host's Node runs there as it is: it needs no more than what Debian 12 has. */
function jobOf(command, environment) {
  const node = fs.realpathSync(process.execPath);
  const settings = {
    HOME: '/root',
    LANG: 'C.UTF-8',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    BULKHEAD_GUEST: '1',
    ...environment,
  };
  return [
    'set -e',
    `ln -sf ${quoted(`/host${node}`)} /usr/local/bin/node`,
    `mkdir -p ${quoted(repositoryRoot)} /var/tmp/written /var/tmp/overlay-work`,
    `mount -t overlay -o ${quoted(`lowerdir=/host${repositoryRoot},upperdir=/var/tmp/written,workdir=/var/tmp/overlay-work`)} repository ${quoted(repositoryRoot)}`,
    ...Object.entries(settings).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `cd ${quoted(repositoryRoot)}`,
    `exec ${command.map(quoted).join(' ')}`,
    '',
  ].join('\n');
}

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;
