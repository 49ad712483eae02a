// One QEMU process and the sockets to it: the monitor (QMP), the agent in the guest, and what the guest's job writes. QEMU connects to
// us, so its end is the end of a connection, and it is killed when this process ends in whatever way.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { accelerator, CPUS, MEMORY_MIB } from './settings.mjs';

const KERNEL_OPTIONS = [
  'console=hvc0 quiet panic=-1 mitigations=off tsc=reliable no5lvl nowatchdog cryptomgr.notests',
  'psi=1 systemd.getty_auto=0 systemd.show_status=0 cgroup_no_v1=all',
].join(' ');

/**
 * `image`: the folder with kernel and initrd; `disk`: a qcow2; `keepsDisk`: whether what is written to it stays; `state`: a saved one to go on
 * from. The devices must be the same for saving a state and for going on from it.
 */
export async function startMachine({ image, disk, keepsDisk, state }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bh-vm-'));
  const exchange = path.join(folder, 'exchange');
  fs.mkdirSync(exchange);
  const names = ['qmp', 'control', 'output'];
  const connections = names.map((name) => oneConnection(path.join(folder, name)));
  const incoming = state === undefined ? [] : ['-incoming', `exec:cat '${state}'`];
  const args = [...machineArguments(image, disk, keepsDisk), ...channelArguments(folder, exchange), ...incoming];
  const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  qemu.stderr.on('data', (text) => (complaint = (complaint + text).slice(-2000)));
  const ended = once(qemu, 'exit').then(() => Promise.reject(new Error(`QEMU has ended: ${complaint.trim()}`)));
  ended.catch(() => undefined);
  const stop = async () => {
    qemu.kill('SIGKILL');
    if (qemu.exitCode === null && qemu.signalCode === null) await once(qemu, 'exit');
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [qmp, control, output] = await Promise.race([Promise.all(connections), ended]);
    return { exchange, output, stop, monitor: await monitorOf(qmp, ended), agent: agentOf(control, ended) };
  } catch (error) {
    await stop();
    throw error;
  }
}

function machineArguments(image, disk, keepsDisk) {
  const kind = accelerator();
  return [
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-machine', 'q35,sata=off,smbus=off,i8042=off,vmport=off'],
    ...['-accel', kind, '-cpu', kind === 'kvm' ? 'host' : 'max', '-smp', String(CPUS), '-m', `${MEMORY_MIB}M`],
    ...['-kernel', path.join(image, 'kernel'), '-initrd', path.join(image, 'initrd'), '-append', KERNEL_OPTIONS],
    ...['-drive', `if=none,id=root,file=${disk},format=qcow2,cache=unsafe,snapshot=${keepsDisk ? 'off' : 'on'}`],
    ...['-device', 'virtio-blk-pci,drive=root', '-device', 'virtio-rng-pci'],
  ];
}

/** The host's files read-only, one folder for what comes and goes, and the ports. */
function channelArguments(folder, exchange) {
  const port = (number, name) => [
    ...['-chardev', `socket,id=${name},path=${path.join(folder, name)}`],
    ...['-device', `virtserialport,nr=${number},chardev=${name},name=bulkhead.${name}`],
  ];
  const kernelLog = process.env.BULKHEAD_VM_CONSOLE ?? '/dev/null';
  return [
    ...['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap', '-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
    ...['-fsdev', `local,id=exchange,path=${exchange},security_model=none`, '-device', 'virtio-9p-pci,fsdev=exchange,mount_tag=exchange'],
    ...['-device', 'virtio-serial-pci', '-chardev', `file,id=console,path=${kernelLog}`, '-device', 'virtconsole,chardev=console'],
    ...port(1, 'control'),
    ...port(2, 'output'),
    ...['-qmp', `unix:${path.join(folder, 'qmp')}`],
  ];
}

function oneConnection(file) {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('connection', (socket) => {
      server.close();
      resolve(socket.on('error', () => undefined));
    });
    server.listen(file);
    server.unref();
  });
}

/** Commands of QEMU's own protocol: a greeting, then one answer to each; events come in between. */
async function monitorOf(socket, ended) {
  const lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await Promise.race([lines.next(), ended])).value ?? '{"error":{"desc":"QEMU has closed its monitor"}}');
  await next();
  const call = async (execute, args = {}) => {
    socket.write(JSON.stringify({ execute, arguments: args }));
    for (;;) {
      const { error, return: answer } = await next();
      if (error !== undefined) throw new Error(`QEMU: ${error.desc}`);
      if (answer !== undefined) return answer;
    }
  };
  await call('qmp_capabilities');
  return call;
}

/** Lines to and from the guest. */
function agentOf(socket, ended) {
  const lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    say: (line) => socket.write(`${line}\n`),
    /** Rejects when nothing comes in time. */
    async hear(timeoutMs) {
      let timer;
      const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`the guest was silent for ${timeoutMs / 1000} s`)), timeoutMs)));
      const { value } = await Promise.race([lines.next(), ended, late]).finally(() => clearTimeout(timer));
      return value ?? Promise.reject(new Error('the guest has closed its port'));
    },
  };
}
