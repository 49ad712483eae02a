// The whole way down, without a helper: the kernel interface, the addon, bulkhead-init, the kernel. Real containers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, afterEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { KernelError, type ExecRequest, type Launched } from '../../helper/kernel/kernel.js';
import type { NativeKernel } from '../../helper/kernel/nativeKernel.js';
import { FrameType } from '../../protocol/streams.js';
import { leaked, traces, type Traces } from '../support/leaks.js';
import { requires } from '../support/world.js';
import { loadKernel, ScratchContainer, SUBORDINATE } from './support/scratchContainer.js';

/** Of a group, wherever this machine has that controller. */
/** What the group's processes may use; v2 keeps that apart from what the group itself asks for. */
function cpuset(group: string, name: 'cpus' | 'mems'): string {
  const files = [path.join('/sys/fs/cgroup', group, `cpuset.${name}.effective`), path.join('/sys/fs/cgroup/cpuset', group, `cpuset.${name}`)];
  const file = files.find((candidate) => fs.existsSync(candidate));
  return file === undefined ? '' : fs.readFileSync(file, 'utf8').trim();
}

const SIGKILL = 9;
const SIGTERM = 15;

describe('containers over the addon', requires('root', 'native'), () => {
  let kernel: NativeKernel;
  let container: ScratchContainer;
  let untouched: Traces;

  before(() => {
    kernel = loadKernel();
    untouched = traces();
  });
  beforeEach(async () => {
    container = await ScratchContainer.make(kernel);
  });
  afterEach(() => container.remove());
  after(async () => assert.deepEqual(ours(await leaked(untouched)), []));

  /** Others may run containers on this machine meanwhile. */
  const ours = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.includes('bulkhead-addon') || line.includes('bulkhead-test-'));

  test('runs a command on an overlay of its layer, with all namespaces, and keeps its output and exit code', async () => {
    const launched = await container.start({
      command: ['sh', '-c', 'echo out; echo err >&2; echo $$; cat /proc/1/comm; touch /new; exit 7'],
      hostname: 'scratch',
    });
    assert.ok(launched.pid > 1 && launched.startTimeTicks > 0 && launched.monitorPid > 1);
    assert.match(await container.exit(), /^exited 7 0 0 \d{13}\n$/);
    assert.deepEqual(container.output().split('\n').sort(), ['', '1', 'err', 'out', 'sh']);
    assert.ok(fs.existsSync(container.at('upper/new')));
    assert.ok(!fs.existsSync(container.at('layer/new')));
    assert.deepEqual(kernel.cgroupProcesses(container.cgroupPath), []);
  });

  test('records every kernel step, in order, with its times', async () => {
    const { steps } = await container.start({ command: ['true'] });
    const names = steps.map(({ step }) => step);
    for (const [earlier, later] of [
      ['cgroup-create', 'clone'],
      ['clone', 'pivot-root'],
      ['pivot-root', 'seccomp'],
      ['seccomp', 'execute'],
    ] as const) {
      assert.ok(names.indexOf(earlier) >= 0 && names.indexOf(earlier) < names.lastIndexOf(later), `${earlier} before ${later}: ${names.join(' ')}`);
    }
    assert.ok(steps.every(({ errno, startUs, durationUs }) => errno === 0 && startUs >= 0 && durationUs >= 0));
    await container.exit();
  });

  test('says which step failed, with errno and object, and leaves nothing', async () => {
    await assert.rejects(container.start({ command: ['/absent'] }), (error) => {
      assert.ok(error instanceof KernelError);
      assert.equal(error.errnoName, 'ENOENT');
      assert.equal(error.object, '/absent');
      assert.ok(error.steps.length > 10 && error.steps.some(({ step }) => step === 'pivot-root'));
      return true;
    });
    assert.deepEqual(kernel.cgroupChildren(container.cgroupPath.replace(/\/[^/]*$/, '')), []);
    assert.deepEqual(fs.readdirSync(container.at('run')), []);
  });

  test('refuses a config that can not be applied before it makes anything', async () => {
    const request = container.request({ command: ['true'] });
    const config = JSON.stringify({ ...JSON.parse(request.config), process: { args: [] } });
    await assert.rejects(kernel.launch({ ...request, config }), (error) => error instanceof KernelError && error.step === 'config');
    assert.deepEqual(fs.readdirSync(container.at('run')), []);
  });

  test('signals that very process, and knows when it is gone', async () => {
    const { pid, startTimeTicks } = await container.start({ command: ['sleep', '60'] });
    assert.equal(kernel.processExists(pid, startTimeTicks), true);
    assert.equal(kernel.processExists(pid, startTimeTicks + 1), false);
    assert.throws(() => kernel.signalProcess(pid, startTimeTicks + 1, SIGKILL), /ESRCH/);
    kernel.signalProcess(pid, startTimeTicks, SIGKILL);
    assert.match(await container.exit(), /^exited \d+ 9 0 /);
    assert.equal(kernel.processExists(pid, startTimeTicks), false);
    assert.throws(() => kernel.signalProcess(pid, startTimeTicks, SIGTERM), /ESRCH/);
  });

  test('shows its processes, with their pids within', async () => {
    const { pid } = await container.start({ command: ['sh', '-c', 'sleep 61 & wait'] });
    await delay(100);
    const processes = await kernel.processes([...kernel.cgroupProcesses(container.cgroupPath), 2 ** 22]);
    const shell = processes.find((process) => process.pid === pid);
    const sleep = processes.find(({ command }) => command === 'sleep 61');
    assert.equal(processes.length, 2);
    assert.deepEqual([shell?.containerPid, shell?.uid, shell?.command], [1, 0, 'sh -c sleep 61 & wait']);
    assert.deepEqual([sleep?.parentPid, sleep?.state], [pid, 'S']);
    assert.ok(Math.abs((sleep?.startedMs ?? 0) - Date.now()) < 10_000);
    assert.ok((sleep?.residentBytes ?? 0) > 0);
  });

  test('limits memory, says that the limit killed, and how much was used', async () => {
    await container.start({ command: ['sh', '-c', 'dd if=/dev/zero of=/dev/null bs=100M count=1'], limits: { memoryBytes: 16 * 2 ** 20, pids: 32 } });
    const before = kernel.cgroupStats(container.cgroupPath);
    assert.match(await container.exit(), /^exited 137 9 1 /);
    assert.ok(before.cpuUsageUs >= 0);
  });

  test('reads usage and limits, changes limits, freezes and thaws', async () => {
    await container.start({ command: ['sh', '-c', 'while true; do :; done'], limits: { memoryBytes: 32 * 2 ** 20, pids: 16 } });
    const usedUs = async (): Promise<number> => {
      const before = kernel.cgroupStats(container.cgroupPath).cpuUsageUs;
      await delay(200);
      return kernel.cgroupStats(container.cgroupPath).cpuUsageUs - before;
    };
    const stats = kernel.cgroupStats(container.cgroupPath);
    assert.deepEqual([stats.memoryLimitBytes, stats.pidsLimit, stats.pids], [32 * 2 ** 20, 16, 1]);
    assert.ok((stats.memoryBytes ?? 0) > 0 && stats.pressure.cpu !== null);
    await kernel.cgroupUpdate(container.cgroupPath, JSON.stringify({ pids: { limit: 17 } }));
    assert.equal(kernel.cgroupStats(container.cgroupPath).pidsLimit, 17);
    await kernel.cgroupFreeze(container.cgroupPath, true);
    assert.equal(await usedUs(), 0);
    await kernel.cgroupFreeze(container.cgroupPath, false);
    assert.ok((await usedUs()) > 0);
    await kernel.cgroupFreeze(container.cgroupPath, true);
    await kernel.cgroupKill(container.cgroupPath);
    assert.match(await container.exit(), / 9 0 /);
    assert.deepEqual(kernel.cgroupProcesses(container.cgroupPath), []);
  });

  test('changes limits as a whole or not at all, and gives back what the group above has', async () => {
    await container.start({ command: ['sleep', '60'], limits: { memoryBytes: 32 * 2 ** 20, pids: 16, cpusetCpus: '0' } });
    const update = (resources: object) => kernel.cgroupUpdate(container.cgroupPath, JSON.stringify(resources));
    const limits = () => {
      const { memoryLimitBytes, pidsLimit } = kernel.cgroupStats(container.cgroupPath);
      return [memoryLimitBytes, pidsLimit, cpuset(container.cgroupPath, 'cpus')];
    };
    const before = limits();
    assert.deepEqual(before, [32 * 2 ** 20, 16, '0']);
    const wide = { memory: { limit: 64 * 2 ** 20, swap: 128 * 2 ** 20 }, pids: { limit: 20 } };
    await assert.rejects(update({ ...wide, cpu: { cpus: '4095' } }), KernelError);
    assert.deepEqual(limits(), before);
    await assert.rejects(update({ memory: { limit: 16 * 2 ** 20, swap: 16 * 2 ** 20 }, cpu: { cpus: '4095' } }), KernelError);
    assert.deepEqual(limits(), before);
    await update({ ...wide, cpu: { cpus: '', mems: '' } });
    const parent = path.dirname(container.cgroupPath);
    assert.deepEqual(limits(), [64 * 2 ** 20, 20, cpuset(parent, 'cpus')]);
    assert.notEqual(cpuset(parent, 'cpus'), '0');
    assert.equal(cpuset(container.cgroupPath, 'mems'), cpuset(parent, 'mems'));
    await kernel.cgroupKill(container.cgroupPath);
    await container.exit();
  });

  test('attaches a terminal: typing, its size, its exit', async () => {
    await container.start({ command: ['sh'], terminal: true });
    const terminal = await container.attach(false, 30, 100);
    await terminal.until('a ready frame', () => terminal.has(FrameType.Ready));
    terminal.send(FrameType.Stdin, 'stty size; echo $((6*7))\n');
    await terminal.untilOutput('30 100');
    await terminal.untilOutput('42');
    terminal.resize(40, 120);
    terminal.send(FrameType.Stdin, 'stty size\n');
    await terminal.untilOutput('40 120');
    terminal.send(FrameType.Stdin, 'exit 3\n');
    assert.deepEqual(await terminal.exit(), [3, 0, 0]);
    terminal.close();
  });

  test('replays the last output to one who attaches late, and takes standard input', async () => {
    await container.start({ command: ['sh', '-c', 'echo early; read line; echo got $line'], openStdin: true });
    await delay(100);
    const attached = await container.attach(true);
    await attached.untilOutput('early');
    attached.send(FrameType.Stdin, 'words\n');
    await attached.untilOutput('got words');
    assert.deepEqual(await attached.exit(), [0, 0, 0]);
    attached.close();
  });

  /** The container's own command once more, beside the process that was `launched`. */
  const execution = ({ pid, startTimeTicks }: Pick<Launched, 'pid' | 'startTimeTicks'>, name: string): ExecRequest => ({
    pid,
    startTimeTicks,
    config: container.config,
    user: null,
    requiredRlimits: [],
    runDirectory: container.at('run'),
    name,
    openStdin: false,
    waitForAttach: false,
  });

  test('executes in the running container: its namespaces, group, user and exit', async () => {
    const { pid, startTimeTicks } = await container.start({ command: ['sleep', '60'], hostname: 'scratch' });
    const config = JSON.stringify(
      container.plan({ command: ['sh', '-c', 'id -u; id -G; echo $HOME; cat /proc/1/comm; cat /proc/self/status; exit 5'] }).config,
    );
    const executed = await kernel.exec({
      pid,
      startTimeTicks,
      config,
      user: 'ann',
      requiredRlimits: [],
      runDirectory: container.at('run'),
      name: 'exec1',
      openStdin: false,
      waitForAttach: true,
    });
    assert.notEqual(executed.pid, pid);
    const attached = await container.attach(false, 0, 0, 'exec1.sock');
    assert.deepEqual(await attached.exit(), [5, 0, 0]);
    const output = attached.bytes(FrameType.Stdout).toString();
    assert.match(output, /^1000\n1001 1002\n/);
    assert.match(output, /\nsleep\n/);
    assert.match(output, /\nSeccomp:\t2\n/);
    assert.match(output, /\nCapEff:\t0000000000000000\n/);
    assert.match(await container.exit('exec1.exit'), /^exited 5 0 0 /);
    assert.deepEqual(kernel.cgroupProcesses(container.cgroupPath), [pid]);
    attached.close();
  });

  test('is not held up, nor anything else in this process, by a container that stops every process it sees', async () => {
    const launched = await container.start({ command: ['sh', '-c', 'while :; do kill -STOP -1; done'] });
    const { pid } = launched;
    const begin = performance.now();
    const executing = Promise.allSettled(Array.from({ length: 6 }, (_, i) => kernel.exec(execution(launched, `stopped${i}`))));
    await fs.promises.stat('/');
    const statMs = performance.now() - begin;
    const outcomes = await executing;
    assert.ok(statMs < 1000, `stat took ${statMs} ms`);
    assert.ok(performance.now() - begin < 9000, 'all have ended, one way or the other');
    for (const outcome of outcomes) if (outcome.status === 'rejected') assert.match(String(outcome.reason), /ETIMEDOUT/);
    const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.pid] : []));
    assert.deepEqual(
      kernel.cgroupProcesses(container.cgroupPath).filter((each) => each !== pid && !started.includes(each)),
      [],
    );
    await kernel.cgroupKill(container.cgroupPath);
    await container.exit();
  });

  test('refuses to execute in a process that is gone', async () => {
    const launched = await container.start({ command: ['true'] });
    await container.exit();
    await assert.rejects(kernel.exec(execution(launched, 'x')), /ESRCH/);
  });

  test('looks the user up in the container', async () => {
    await container.start({ command: ['sh', '-c', 'id -u; id -g; id -G'], user: 'ann:others' });
    await container.exit();
    assert.deepEqual(container.output().trim().split('\n').slice(0, 2), ['1000', '1002']);
  });

  test('runs an unprivileged user’s container on his subordinate ids; on disk ids stay unshifted', requires('user-namespaces'), async () => {
    const { pid } = await container.start({ command: ['sh', '-c', 'id -u; touch /by-root; stat -c %u /bin/busybox; sleep 60'] }, { uid: 4321 });
    await delay(200);
    assert.match(fs.readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`^Uid:\\t${SUBORDINATE.start}\\t`, 'm'));
    assert.deepEqual(container.output().trim().split('\n'), ['0', '0']);
    assert.equal(fs.statSync(container.at('upper/by-root')).uid, 0);
    await kernel.cgroupKill(container.cgroupPath);
    await container.exit();
  });

  test('binds what the caller himself could open, as his, and nothing else', requires('user-namespaces'), async () => {
    const caller = { uid: 4321, gid: 4321, groups: [] };
    fs.mkdirSync(container.at('his'));
    fs.chownSync(container.at('his'), caller.uid, caller.gid);
    fs.writeFileSync(container.at('secret'), 'x', { mode: 0o600 });
    await assert.rejects(kernel.openAsCaller(caller, container.at('secret'), 'read'), /EACCES/);
    await assert.rejects(kernel.openAsCaller(caller, '/etc', 'write'), /EACCES|EROFS/);
    await assert.rejects(kernel.openAsCaller(caller, `/proc/${process.pid}/root/etc`, 'read'), KernelError);
    const { fd, kind } = await kernel.openAsCaller(caller, container.at('his'), 'write');
    assert.equal(kind, 'directory');
    const spec = {
      command: ['sh', '-c', 'stat -c %u /mnt; echo hello > /mnt/file'],
      mounts: [{ type: 'bind' as const, source: container.at('his'), target: '/mnt' }],
    };
    const index = container.plan(spec, caller.uid).config.mounts.findIndex(({ destination }) => destination === '/mnt');
    const launching = container.start(spec, { uid: caller.uid, mountSources: [{ index, fd, owner: { uid: caller.uid, gid: caller.gid } }] });
    kernel.closeDescriptor(fd);
    await launching;
    await container.exit();
    assert.equal(container.output(), '0\n');
    assert.equal(fs.readFileSync(container.at('his/file'), 'utf8'), 'hello\n');
    assert.equal(fs.statSync(container.at('his/file')).uid, caller.uid);
  });
});
