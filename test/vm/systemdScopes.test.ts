// systemd's cgroup driver: each container a transient scope, made over D-Bus by the systemd that runs this guest.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { requires } from '../support/world.js';
import { ScratchRuntime, type Bundle } from '../system/support/scratchRuntime.js';

const MIB = 2 ** 20;
const SLICE = 'bulkhead-test.slice';
const UNIT = 'prefix-scoped.scope';
const GROUP = `/sys/fs/cgroup/bulkhead.slice/${SLICE}/${UNIT}`;

describe("systemd's scopes", requires('guest', 'root', 'runtime', 'systemd', 'cgroup-v2'), () => {
  let runtime: ScratchRuntime;
  before(() => {
    runtime = new ScratchRuntime(['--systemd-cgroup']);
  });
  afterEach(async () => {
    runtime.call('delete', '--force', 'c1');
    await until(() => unitState() === 'not-found', 'the unit is gone');
    assert.ok(!fs.existsSync(GROUP), 'the group is gone');
    assert.equal(runtime.call('list', '--quiet').stdout, '', 'state left behind');
  });
  after(() => {
    runtime.end();
    execFileSync('systemctl', ['stop', SLICE, 'bulkhead.slice']);
  });

  const configure = (script: string, resources: object = {}, change: (bundle: Bundle) => void = () => undefined): void => {
    runtime.configure(['/bin/sh', '-c', script], (bundle) => {
      bundle.linux.cgroupsPath = `${SLICE}:prefix:scoped`;
      bundle.linux.resources = { ...resources };
      change(bundle);
    });
  };
  const start = (script: string, resources: object = {}, change?: (bundle: Bundle) => void): void => {
    configure(script, resources, change);
    assert.equal(runtime.callDetached('run', '--detach', 'c1'), 0);
  };
  const show = (property: string): string => execFileSync('systemctl', ['show', '--property', property, '--value', UNIT], { encoding: 'utf8' }).trim();
  const unitState = (): string => show('LoadState');
  const file = (name: string): string => fs.readFileSync(`${GROUP}/${name}`, 'utf8').trim();
  const pid = (): number => (JSON.parse(runtime.call('state', 'c1').stdout) as { pid: number }).pid;

  const LIMITS = {
    memory: { limit: 64 * MIB, swap: 96 * MIB, reservation: 16 * MIB },
    cpu: { shares: 512, quota: 50_000, period: 200_000, cpus: '1', mems: '0' },
    pids: { limit: 20 },
  };

  test('a container is a scope in its slice: limited, in the kernel and to systemd, and alone in it', () => {
    start('sleep 100', LIMITS);
    assert.deepEqual(
      ['ActiveState', 'Slice', 'Delegate', 'MemoryMax', 'MemoryLow', 'MemorySwapMax', 'TasksMax', 'CPUWeight', 'AllowedCPUs', 'CPUQuotaPerSecUSec'].map(show),
      ['active', SLICE, 'yes', String(64 * MIB), String(16 * MIB), String(32 * MIB), '20', '20', '1', '250ms'],
    );
    assert.deepEqual(['memory.max', 'memory.low', 'memory.swap.max', 'pids.max', 'cpu.weight', 'cpu.max', 'cpuset.cpus'].map(file), [
      ...[String(64 * MIB), String(16 * MIB), String(32 * MIB), '20', '20', '50000 200000', '1'],
    ]);
    assert.deepEqual(file('cgroup.procs').split('\n').map(Number), [pid()]);
    assert.equal(show('ControlGroup'), GROUP.replace('/sys/fs/cgroup', ''));
  });

  test('what systemd writes anew, when it reads its units again, is what was asked for', () => {
    start('sleep 100', { ...LIMITS, devices: [{ allow: false, access: 'rwm' }] });
    execFileSync('systemctl', ['daemon-reload']);
    assert.deepEqual(['memory.max', 'pids.max', 'cpuset.cpus'].map(file), [String(64 * MIB), '20', '1']);
    assert.equal(show('DevicePolicy'), 'strict');
    assert.match(show('DeviceAllow'), /\/dev\/char\/1:3 rwm/);
  });

  test('the process executes nothing before it is there: it sees its own group as the root of all', () => {
    configure('cat /proc/self/cgroup');
    assert.equal(runtime.call('run', 'c1').stdout, '0::/\n');
  });

  test('a limit of one process is one process', () => {
    configure('echo alone; sleep 0 & wait', { pids: { limit: 1 } });
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.equal(stdout, 'alone\n');
    assert.match(stderr, /can't fork/);
  });

  test('a limit of processes holds from the first instruction on', () => {
    // It goes on asking while the launch comes to its end. A process that there is room for writes a line.
    configure('', { pids: { limit: 1 } }, (bundle) => {
      bundle.process.args = ['/bin/busybox', 'find', '/proc/sys', '-exec', '/bin/echo', 'forked', ';'];
    });
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.match(stderr, /Resource temporarily unavailable/);
    assert.equal(stdout, '');
  });

  test('devices: the rules hold, also those that systemd has no words for', () => {
    const [major = 0, minor = 0] = fs.readFileSync('/sys/class/block/vda/dev', 'utf8').split(':').map(Number);
    const disk = (access: string) => (bundle: Bundle) => {
      bundle.linux['devices'] = [{ path: '/dev/disk', type: 'b', major, minor }];
      const except = { allow: false, type: 'c', major: 1, minor: 9, access: 'r' };
      bundle.linux.resources = { devices: [{ allow: false, access: 'rwm' }, { allow: true, type: 'b', major, minor, access }, except] };
    };
    const script = 'head -c 1 /dev/disk >/dev/null && echo read; head -c 1 /dev/zero >/dev/null && echo zero; echo x >/dev/disk && echo written';
    configure(script, {}, disk('r'));
    assert.equal(runtime.call('run', 'c1').stdout, 'read\nzero\n');
    configure(script, {}, disk('m'));
    assert.equal(runtime.call('run', 'c1').stdout, 'zero\n');
  });

  test('create, start, exec, update, pause, kill, delete', async () => {
    configure('sleep 100', { pids: { limit: 20 } });
    assert.equal(runtime.callDetached('create', 'c1'), 0);
    assert.equal(runtime.status('c1'), 'created');
    assert.equal(show('ActiveState'), 'active');
    assert.equal(runtime.call('start', 'c1').status, 0);
    assert.equal(runtime.callDetached('exec', '--detach', 'c1', '/bin/sleep', '101'), 0);
    assert.equal(file('cgroup.procs').split('\n').length, 2);
    assert.equal(runtime.call('update', '--memory', String(32 * MIB), '--pids-limit', '9', '--cpu-quota', '20000', '--cpuset-cpus', '0', 'c1').status, 0);
    assert.deepEqual(['MemoryMax', 'TasksMax', 'CPUQuotaPerSecUSec', 'AllowedCPUs'].map(show), [String(32 * MIB), '9', '200ms', '0']);
    assert.deepEqual(['memory.max', 'pids.max', 'cpu.max', 'cpuset.cpus'].map(file), [String(32 * MIB), '9', '20000 100000', '0']);
    assert.equal(runtime.call('pause', 'c1').status, 0);
    assert.equal(runtime.status('c1'), 'paused');
    assert.equal(runtime.call('resume', 'c1').status, 0);
    assert.equal(runtime.call('kill', 'c1', 'KILL').status, 0);
    await until(() => runtime.status('c1') === 'stopped', 'it has ended');
    assert.equal(runtime.call('delete', 'c1').status, 0);
    assert.equal(runtime.call('delete', 'c1').status, 1);
  });

  test('other devices in the place of those before, to systemd as well', async () => {
    const [major = 0, minor = 0] = fs.readFileSync('/sys/class/block/vda/dev', 'utf8').split(':').map(Number);
    start('sleep 100', {}, (bundle) => {
      bundle.linux['devices'] = [{ path: '/dev/disk', type: 'b', major, minor }];
    });
    const reads = (): boolean => runtime.call('exec', 'c1', '/bin/sh', '-c', 'head -c 1 /dev/disk >/dev/null && echo read').stdout === 'read\n';
    const update = (...rules: readonly object[]): void => {
      fs.writeFileSync(runtime.at('resources.json'), JSON.stringify({ devices: [{ allow: false, access: 'rwm' }, ...rules] }));
      assert.equal(runtime.call('update', '--resources', runtime.at('resources.json'), 'c1').stderr, '');
    };
    assert.equal(reads(), false);
    update({ allow: true, type: 'b', major, minor, access: 'r' });
    await until(reads, 'systemd lets it in, too');
    execFileSync('systemctl', ['daemon-reload']);
    assert.ok(reads());
    update();
    assert.equal(reads(), false);
    assert.doesNotMatch(show('DeviceAllow'), /\/dev\/block/);
  });

  test('without a path it is a scope of its own in system.slice', () => {
    configure('cat /proc/self/cgroup', {}, (bundle) => {
      delete bundle.linux.cgroupsPath;
      bundle.linux.namespaces = bundle.linux.namespaces.filter((namespace) => (namespace as { type: string }).type !== 'cgroup');
    });
    assert.equal(runtime.call('run', 'c1').stdout, '0::/system.slice/bulkhead-c1.scope\n');
  });

  test('what can not be made leaves nothing, and nobody else is harmed', () => {
    start('sleep 100');
    configure('sleep 100', {}, (bundle) => {
      bundle.process.args = ['/absent'];
      bundle.linux.cgroupsPath = `${SLICE}:prefix:other`;
    });
    assert.notEqual(runtime.call('run', 'c2').status, 0);
    assert.ok(!fs.existsSync(GROUP.replace('scoped', 'other')));
    configure('sleep 100');
    const taken = runtime.call('run', 'c2');
    assert.match(taken.stderr, /UnitExists/);
    assert.equal(runtime.status('c1'), 'running');
    for (const path of ['/a/b', 'a.slice:b', '../a.slice:b:c', 'a.slice:b:c/d']) {
      configure('sleep 100', {}, (bundle) => {
        bundle.linux.cgroupsPath = path;
      });
      assert.match(runtime.call('run', 'c2').stderr, /linux\.cgroupsPath/);
    }
    assert.equal(runtime.call('list', '--quiet').stdout, 'c1\n');
  });

  test('annotations never become properties of a unit (T-R18)', () => {
    configure('sleep 100', {}, (bundle) => {
      (bundle as { annotations?: object }).annotations = { 'org.systemd.property.ExecStopPost': "[['/bin/sh']]" };
    });
    assert.match(runtime.call('run', 'c1').stderr, /annotations\.org\.systemd\.property\.ExecStopPost/);
  });

  test('a creation that was killed leaves what delete --force removes', async () => {
    configure('sleep 100', {}, (bundle) => {
      bundle.hooks = { prestart: [{ path: '/bin/busybox', args: ['busybox', 'sleep', '20'] }] };
    });
    const [program, args] = ['timeout', ['--signal=KILL', '3', runtime.program, ...runtime.words(['create', 'c1'])]] as const;
    spawnSync(program, args, { stdio: 'ignore' });
    assert.equal(runtime.status('c1'), 'creating');
    assert.equal(runtime.call('delete', '--force', 'c1').status, 0);
    await until(() => !fs.existsSync(GROUP), 'the group is gone');
  });
});

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; !holds(); await delay(100)) if (Date.now() > deadline) assert.fail(`not within 30 s: ${what}`);
}
