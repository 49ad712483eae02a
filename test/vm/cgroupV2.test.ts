// Every limit on a kernel whose controllers are all v2's: what the kernel's files hold, and that it takes effect.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { requires } from '../support/world.js';
import { ScratchRuntime, type Bundle } from '../system/support/scratchRuntime.js';

const MIB = 2 ** 20;
const ROOT_DISK = '/sys/class/block/vda';

describe('limits on cgroup v2', requires('guest', 'root', 'runtime', 'cgroup-v2'), () => {
  let runtime: ScratchRuntime;
  before(() => {
    runtime = new ScratchRuntime();
  });
  afterEach(() => {
    runtime.call('delete', '--force', 'limited');
    assert.deepEqual(runtime.groups(), [], 'groups left behind');
  });
  after(() => {
    runtime.end();
  });

  const group = (): string => runtime.groups()[0] ?? assert.fail('the container has no group');
  const file = (name: string): string => fs.readFileSync(`${group()}/${name}`, 'utf8').trim();
  const numbered = (name: string, field: string): number => Number(new RegExp(`^${field} (\\d+)$`, 'm').exec(file(name))?.[1]);
  const run = (script: string, resources: object, change: (bundle: Bundle) => void = () => undefined): void => {
    runtime.configure(['/bin/sh', '-c', script], (bundle) => {
      bundle.linux.resources = { ...resources };
      change(bundle);
    });
    assert.equal(runtime.callDetached('run', '--detach', 'limited'), 0);
  };
  const until = async (holds: () => boolean, what: string): Promise<void> => {
    for (const deadline = Date.now() + 30_000; !holds(); await delay(50)) if (Date.now() > deadline) assert.fail(`not within 30 s: ${what}`);
  };

  test('are written to the files of their controllers', () => {
    const [major = 0, minor = 0] = fs.readFileSync(`${ROOT_DISK}/dev`, 'utf8').split(':').map(Number);
    run('sleep 100', {
      memory: { limit: 64 * MIB, swap: 96 * MIB, reservation: 16 * MIB },
      cpu: { shares: 512, quota: 50_000, period: 200_000, cpus: '1', mems: '0' },
      pids: { limit: 20 },
      blockIO: { throttleReadBpsDevice: [{ major, minor, rate: MIB }], throttleWriteIOPSDevice: [{ major, minor, rate: 50 }] },
      unified: { 'memory.high': String(48 * MIB) },
    });
    const names = ['memory.max', 'memory.swap.max', 'memory.low', 'memory.high', 'cpu.weight', 'cpu.max', 'cpuset.cpus', 'cpuset.mems', 'pids.max', 'io.max'];
    assert.deepEqual(Object.fromEntries(names.map((name) => [name, file(name)])), {
      'memory.max': String(64 * MIB),
      'memory.swap.max': String(32 * MIB),
      'memory.low': String(16 * MIB),
      'memory.high': String(48 * MIB),
      'cpu.weight': '20',
      'cpu.max': '50000 200000',
      'cpuset.cpus': '1',
      'cpuset.mems': '0',
      'pids.max': '20',
      'io.max': `${major}:${minor} rbps=${MIB} wbps=max riops=max wiops=50`,
    });
  });

  test('change while it runs, and go again', () => {
    run('sleep 100', { pids: { limit: 20 } });
    assert.equal(runtime.call('update', '--memory', String(32 * MIB), '--pids-limit', '7', '--cpu-quota', '20000', '--cpuset-cpus', '0', 'limited').status, 0);
    assert.deepEqual(['memory.max', 'pids.max', 'cpu.max', 'cpuset.cpus'].map(file), [String(32 * MIB), '7', '20000 100000', '0']);
    assert.equal(runtime.call('update', '--memory', '-1', '--pids-limit', '-1', '--cpu-quota', '-1', 'limited').status, 0);
    assert.deepEqual(['memory.max', 'pids.max'].map(file), ['max', 'max']);
    assert.match(file('cpu.max'), /^max /);
  });

  test('pids: no more processes than allowed', async () => {
    run('for i in 1 2 3 4 5 6 7 8 9; do sleep 100 & done; wait', { pids: { limit: 5 } });
    await until(() => numbered('pids.events', 'max') > 0, 'the limit is met');
    assert.ok(Number(file('pids.current')) <= 5);
  });

  test('cpu: throttled to its share', async () => {
    run('while :; do :; done', { cpu: { quota: 10_000, period: 100_000 } });
    await until(() => numbered('cpu.stat', 'nr_throttled') > 2, 'it is throttled');
  });

  test('cpuset: runs on the processors that it was given', () => {
    assert.ok(os.cpus().length > 1);
    run('sleep 100', { cpu: { cpus: '1' } });
    const { pid } = JSON.parse(runtime.call('state', 'limited').stdout) as { pid: number };
    assert.match(fs.readFileSync(`/proc/${pid}/status`, 'utf8'), /^Cpus_allowed_list:\s1$/m);
  });

  test('memory: what takes more is killed, and that is reported', async () => {
    run('while :; do head -c 100000000 /dev/zero | tail > /dev/null; done', { memory: { limit: 16 * MIB, swap: 16 * MIB } });
    await until(() => numbered('memory.events', 'oom_kill') > 0, 'something is killed');
    assert.ok(Number(file('memory.current')) <= 16 * MIB);
    assert.match(runtime.call('events', '--stats', 'limited').stdout, /"limit":16777216/);
  });

  test('devices: an eBPF program lets in what the rules allow', () => {
    const [major = 0, minor = 0] = fs.readFileSync(`${ROOT_DISK}/dev`, 'utf8').split(':').map(Number);
    const script = 'head -c 1 /dev/disk > /dev/null && echo read; echo x > /dev/disk && echo written; head -c 1 /dev/zero > /dev/null && echo zero';
    const withDisk = (access: string) => (bundle: Bundle) => {
      bundle.linux['devices'] = [{ path: '/dev/disk', type: 'b', major, minor }];
      const rule = { allow: true, type: 'b', major, minor, access };
      bundle.linux.resources = { devices: [{ allow: false, access: 'rwm' }, ...(access === '' ? [] : [rule])] };
    };
    runtime.configure(['/bin/sh', '-c', script], withDisk(''));
    const denied = runtime.call('run', 'limited');
    assert.match(denied.stderr, /\/dev\/disk.*Operation not permitted/);
    assert.equal(denied.stdout, 'zero\n');
    runtime.configure(['/bin/sh', '-c', script], withDisk('r'));
    assert.equal(runtime.call('run', 'limited').stdout, 'read\nzero\n');
  });

  test('devices: an update puts another program in the place of the one before', () => {
    const [major = 0, minor = 0] = fs.readFileSync(`${ROOT_DISK}/dev`, 'utf8').split(':').map(Number);
    run('sleep 100', {}, (bundle) => {
      bundle.linux['devices'] = [{ path: '/dev/disk', type: 'b', major, minor }];
    });
    const script = 'head -c 1 /dev/zero >/dev/null && echo zero; head -c 1 /dev/disk >/dev/null && echo disk';
    const read = (): string => runtime.call('exec', 'limited', '/bin/sh', '-c', script).stdout;
    const update = (...rules: readonly object[]): void => {
      fs.writeFileSync(runtime.at('resources.json'), JSON.stringify({ devices: [{ allow: false, access: 'rwm' }, ...rules] }));
      assert.equal(runtime.call('update', '--resources', runtime.at('resources.json'), 'limited').stderr, '');
    };
    assert.equal(read(), 'zero\n');
    update({ allow: true, type: 'b', major, minor, access: 'r' });
    assert.equal(read(), 'zero\ndisk\n');
    update();
    assert.equal(read(), 'zero\n');
  });

  test('huge pages: counted, and no more than allowed', async () => {
    const pool = '/proc/sys/vm/nr_hugepages';
    const before = fs.readFileSync(pool, 'utf8');
    fs.writeFileSync(pool, '8');
    try {
      const script = 'busybox fallocate -l 4194304 /huge/two || exit; busybox fallocate -l 4194304 /huge/more || echo refused; exec sleep 100';
      run(script, { hugepageLimits: [{ pageSize: '2MB', limit: 4 * MIB }] }, (bundle) => {
        bundle.mounts.push({ destination: '/huge', type: 'hugetlbfs', source: 'hugetlbfs', options: ['pagesize=2M'] });
      });
      const stats = (): Record<string, number> =>
        (JSON.parse(runtime.call('events', '--stats', 'limited').stdout) as { data: { hugetlb: Record<string, Record<string, number>> } }).data.hugetlb[
          '2MB'
        ] ?? {};
      await until(() => (stats()['failcnt'] ?? 0) > 0, 'the limit is met');
      assert.equal(stats()['usage'], 4 * MIB);
    } finally {
      runtime.call('delete', '--force', 'limited');
      fs.writeFileSync(pool, before);
    }
  });

  test('freezes, thaws, and dies whole', async () => {
    run('sleep 100 & sleep 101 & wait', {});
    assert.equal(runtime.call('pause', 'limited').status, 0);
    assert.equal(numbered('cgroup.events', 'frozen'), 1);
    assert.equal(runtime.status('limited'), 'paused');
    assert.equal(runtime.call('resume', 'limited').status, 0);
    assert.equal(numbered('cgroup.events', 'frozen'), 0);
    assert.equal(runtime.call('pause', 'limited').status, 0);
    assert.equal(runtime.call('kill', '--all', 'limited', 'KILL').status, 0);
    await until(() => runtime.status('limited') === 'stopped', 'a frozen container is killed');
    await until(() => numbered('cgroup.events', 'populated') === 0, 'nothing is left in its group');
  });
});
