// Containers that stand ready before they are started, on the real kernel: that such a one is what any other is, and that nothing of it
// outlasts its word, its monitor, its helper.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { KernelError, type Launched, type ParkedLaunch } from '../../helper/kernel/kernel.js';
import type { NativeKernel } from '../../helper/kernel/nativeKernel.js';
import { IMAGE, ImageHelper } from '../support/imageHelper.js';
import { leaked, traces, type Traces } from '../support/leaks.js';
import { until } from '../support/until.js';
import { requires } from '../support/world.js';
import { loadKernel, ScratchContainer, type Spec } from './support/scratchContainer.js';

const SIGKILL = 9;

/** All that a process can see of how it was made, without what is new each time: numbers of mounts, of devices, of processes. */
const LOOKS = [
  `busybox sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/lowerdir=.*//' /proc/1/mountinfo`,
  `busybox grep -E '^(Uid|Gid|Groups|NSpid|NSsid|NSpgid|Cap|NoNewPrivs|Seccomp|Speculation|Sig[PBIC]|Shd|Umask|Cpus_allowed|Mems_allowed_list)' /proc/1/status`,
  'cat /proc/1/limits /proc/1/cgroup /proc/1/oom_score_adj /proc/1/sessionid /proc/1/uid_map /proc/1/gid_map /proc/1/setgroups',
  'cat /proc/sys/kernel/hostname /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/net/dev',
  `busybox cut -d' ' -f 4-7 /proc/1/stat; ls /proc/1/fd`,
  `pwd; id; busybox env; stat -c '%a %u %g %t %T %n' /dev/* /dev/pts/* /*`,
];
const NAMESPACES = ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'user', 'time'];

describe('a container that stands ready, over the addon', requires('root', 'native'), () => {
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
  const ours = (lines: readonly string[]): readonly string[] => lines.filter((line) => /bulkhead-addon|bulkhead-test-/.test(line));
  const processes = (): readonly number[] => kernel.cgroupProcesses(container.cgroupPath);
  const groups = (): readonly string[] => kernel.cgroupChildren(path.dirname(container.cgroupPath));
  const status = (pid: number): string => fs.readFileSync(`/proc/${pid}/status`, 'utf8');

  /** What there is of the one that waits. */
  const waiting = (): { readonly pid: number; readonly monitor: number } => {
    const [pid, ...others] = processes();
    assert.ok(pid !== undefined && others.length === 0);
    return { pid, monitor: Number(/^PPid:\t(\d+)/m.exec(status(pid))?.[1]) };
  };

  test('has everything but execve: its namespaces, its rights, its filter; nothing of it has run', async () => {
    const parked = await container.park({ command: ['sh', '-c', 'echo ran; touch /ran; exit 7'] });
    const { pid } = waiting();
    assert.match(status(pid), /^Seccomp:\t2$/m);
    assert.match(status(pid), /^CapBnd:\t00000000a80425fb$/m);
    assert.notEqual(fs.readlinkSync(`/proc/${pid}/ns/net`), fs.readlinkSync('/proc/self/ns/net'));
    assert.match(fs.readlinkSync(`/proc/${pid}/exe`), /memfd:bulkhead-init/);
    const names = parked.steps.map(({ step }) => step);
    assert.ok(names.includes('pivot-root') && names.includes('seccomp') && !names.includes('execute'), names.join(' '));
    assert.throws(() => parked.outcome(), isError('EAGAIN'));
    assert.equal(fs.existsSync(container.at('upper/ran')), false);

    parked.release();
    const launched = await outcomeOf(parked);
    assert.equal(launched.pid, pid);
    assert.deepEqual([launched.steps[0]?.step, launched.steps.at(-1)?.step], ['wait-start', 'execute']);
    assert.match(await container.exit(), /^exited 7 0 0 /);
    assert.equal(container.output(), 'ran\n');
    assert.throws(() => parked.release(), isError('ESRCH'));
  });

  for (const [whose, uid] of [
    ['root’s', 0],
    ['a user’s', 61_234],
  ] as const) {
    test(`is what one is that was launched in one go (${whose})`, uid === 0 ? {} : requires('user-namespaces'), async () => {
      const spec: Spec = {
        command: ['sh', '-c', `${LOOKS.join('; echo --; ')}; echo done; exec sleep 1000`],
        hostname: 'ready',
        environment: ['HELLO=there'],
        user: 'ann',
        limits: { memoryBytes: 2 ** 26, pids: 64 },
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }],
      };
      const atOnce = await look(() => container.start(spec, { uid }));
      const inTwo = await look(async () => {
        const parked = await container.park(spec, { uid });
        parked.release();
        await outcomeOf(parked);
      });
      assert.equal(inTwo.inside, atOnce.inside);
      assert.deepEqual(inTwo.outside, atOnce.outside);
      assert.ok(atOnce.inside.length > 3000, 'it has looked');
    });
  }

  /** Starts it, lets it look around, ends it. */
  async function look(start: () => Promise<unknown>): Promise<{ readonly inside: string; readonly outside: unknown }> {
    for (const name of ['log', 'run/exit']) fs.rmSync(container.at(name), { force: true });
    await start();
    await until(() => fs.existsSync(container.at('log')) && container.output().endsWith('done\n'));
    const [pid = 0] = processes();
    const namespaces = NAMESPACES.map((name) => fs.readlinkSync(`/proc/${pid}/ns/${name}`) === fs.readlinkSync(`/proc/self/ns/${name}`));
    const { memoryLimitBytes, pidsLimit } = kernel.cgroupStats(container.cgroupPath);
    const inside = container.output();
    await kernel.cgroupKill(container.cgroupPath);
    await container.exit();
    return { inside, outside: { namespaces, memoryLimitBytes, pidsLimit } };
  }

  test('that is discarded leaves no process and no group, and its directories can be used again', async () => {
    const parked = await container.park({ command: ['true'] });
    assert.equal(processes().length, 1);
    await parked.discard();
    assert.deepEqual([processes(), groups(), fs.readdirSync(container.at('run'))], [[], [], []]);
    assert.throws(() => parked.release(), isError('ESRCH'));
    await parked.discard();
    await container.start({ command: ['true'] });
    assert.match(await container.exit(), /^exited 0 /);
  });

  test('whose process is killed, as for want of memory, is undone, and takes no word', async () => {
    const parked = await container.park({ command: ['true'] });
    process.kill(waiting().pid, SIGKILL);
    await until(() => groups().length === 0);
    assert.throws(() => parked.release(), isError('EPIPE'));
    await assert.rejects(outcomeOf(parked), isError('ECHILD'));
    await parked.discard();
  });

  test('whose monitor is killed dies with it', async () => {
    const parked = await container.park({ command: ['sleep', '1000'] });
    process.kill(waiting().monitor, SIGKILL);
    await until(() => processes().length === 0);
    assert.throws(() => parked.release(), isError('EPIPE'));
    await parked.discard();
    await kernel.cgroupRemove(container.cgroupPath);
    assert.deepEqual(groups(), []);
  });

  test('whose program can’t be executed says so as a launch does', async () => {
    fs.mkdirSync(container.at('upper/bin'), { recursive: true });
    fs.writeFileSync(container.at('upper/bin/odd'), 'no program', { mode: 0o755 });
    const parked = await container.park({ command: ['/bin/odd'] });
    parked.release();
    await assert.rejects(outcomeOf(parked), isError('ENOEXEC'));
    await parked.discard();
  });
});

describe('a container that stands ready, of a helper', requires('root', 'native', 'helper', 'image'), () => {
  const own = ImageHelper.ofSuite();

  const ledger = async (container: string) => (await own.client.call('container/inspect', { container })).ledger;
  const operations = async (container: string) => (await ledger(container)).map(({ operation }) => operation);
  const isParked = async (container: string) => (await operations(container)).includes('prepare');
  const runs = () => fs.readdirSync(path.join(own.helper.directory, 'state/containers'));
  /** One that stands ready, and what runs in its group. */
  async function ready(command: readonly string[]): Promise<{ readonly id: string; readonly processes: () => readonly string[] }> {
    const { id } = await own.client.create({ image: IMAGE, command: [...command] });
    await until(() => isParked(id));
    const { cgroupPath } = await own.client.call('container/inspect', { container: id });
    return { id, processes: () => processesIn(cgroupPath) };
  }

  test('is shown as created, and starts by a word', async () => {
    const { id } = await ready(['sh', '-c', 'echo $$; exit 5']);
    const { summary } = await own.client.call('container/inspect', { container: id });
    assert.deepEqual(summary.state, { status: 'created' });
    await assert.rejects(own.client.call('container/top', { container: id }), /WRONG_STATE/);
    await assert.rejects(own.client.call('container/wait', { container: id }), /WRONG_STATE/);
    await own.client.call('container/start', { container: id });
    const { exit } = await own.client.call('container/wait', { container: id });
    assert.equal(exit.code, 5);
    assert.equal(await own.client.logText(id), '1\n');
    const [, start] = await ledger(id);
    assert.deepEqual([start?.operation, start?.steps.map(({ step }) => step)], ['start', ['wait-start', 'execute']]);
    await own.client.call('container/remove', { container: id });
  });

  test('is gone after kill -9 of the helper, and starts all the same', async () => {
    const { id, processes } = await ready(['sleep', '1000']);
    assert.equal(processes().length, 1);
    await own.restart();
    const { containers } = await own.client.call('container/list', {});
    assert.deepEqual(
      containers.map(({ state }) => state.status),
      ['created'],
    );
    await until(() => processes().length === 0 && runs().length === 0);
    const started = await own.client.call('container/start', { container: id });
    assert.equal(started.state.status, 'running');
    await own.client.call('container/remove', { container: id, force: true });
    assert.deepEqual(runs(), []);
  });

  test('ends with a helper that is stopped', async () => {
    const { id, processes } = await ready(['sleep', '1000']);
    await own.helper.restart('SIGTERM', () => {
      assert.deepEqual([processes(), runs()], [[], []]);
      return Promise.resolve();
    });
    await own.restart();
    await own.client.call('container/remove', { container: id });
  });

  test('is removed as any other', async () => {
    const { id, processes } = await ready(['sleep', '1000']);
    await own.client.call('container/remove', { container: id });
    assert.deepEqual([processes(), runs()], [[], []]);
  });
});

/** Once it is known. */
async function outcomeOf(parked: ParkedLaunch): Promise<Launched> {
  for (;;) {
    try {
      return parked.outcome();
    } catch (error) {
      if (!isError('EAGAIN')(error)) throw error;
      await delay(2);
    }
  }
}

const isError = (name: string) => (error: unknown) => error instanceof KernelError && error.errnoName === name;

/** Of a group in any hierarchy. */
function processesIn(group: string): readonly string[] {
  const roots = ['/sys/fs/cgroup', ...fs.readdirSync('/sys/fs/cgroup').map((name) => path.join('/sys/fs/cgroup', name))];
  const files = roots.map((root) => path.join(root, group, 'cgroup.procs')).filter((file) => fs.existsSync(file));
  return [...new Set(files.flatMap((file) => fs.readFileSync(file, 'utf8').split('\n').filter(Boolean)))];
}
