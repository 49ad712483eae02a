// The words that runc's and crun's users and engines say to their runtimes, said to ours.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { inRepository } from '../support/repository.js';
import { requires } from '../support/world.js';
import { withScratchRuntime } from './support/runtimeSuite.js';
import type { ScratchRuntime } from './support/scratchRuntime.js';

describe('bulkhead-runtime’s command line', requires('root', 'runtime'), () => {
  let runtime: ScratchRuntime;
  withScratchRuntime((made) => (runtime = made));

  const sleeping = (...options: readonly string[]): void => {
    runtime.configure(['/bin/sleep', '1000']);
    assert.equal(runtime.callDetached('run', '--detach', ...options, 'c1'), 0);
  };
  const remove = (): void => {
    const { status, stderr } = runtime.call('delete', '--force', 'c1');
    assert.deepEqual([status, stderr], [0, '']);
  };
  /** With other global options than the scratch's own. */
  const globally = (options: readonly string[], ...words: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(runtime.program, [...options, ...runtime.words(words)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });

  test('--pidfd-socket gets a pidfd of the process, of create, run and exec', requires('python'), async () => {
    const socket = runtime.at('pidfd.sock');
    const received = async (act: () => void): Promise<string[]> => {
      const agent = spawn('python3', [inRepository('test/fixtures/pidfdReceiver.py'), socket], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: agent.stdout })[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, 'listening');
      act();
      const heard = String((await lines.next()).value).split(' ');
      if (agent.exitCode === null) await once(agent, 'exit');
      return heard;
    };
    runtime.configure(['/bin/sleep', '1000']);
    const created = await received(() => assert.equal(runtime.callDetached('create', '--pidfd-socket', socket, '--pid-file', runtime.at('pid'), 'c1'), 0));
    assert.deepEqual(created, ['pidfd', fs.readFileSync(runtime.at('pid'), 'utf8')]);
    runtime.call('start', 'c1');
    const words = ['exec', '--detach', '--pidfd-socket', socket, '--pid-file', runtime.at('pid'), 'c1', '/bin/sleep', '1000'];
    const executed = await received(() => assert.equal(runtime.callDetached(...words), 0));
    assert.deepEqual(executed, ['pidfd', fs.readFileSync(runtime.at('pid'), 'utf8')]);
    remove();
    const { status, stderr } = runtime.call('run', '--pidfd-socket', '/no/such/socket', 'c1');
    assert.equal(status, 1);
    assert.match(stderr, /no such file or directory/);
  });

  test('ps: as JSON, as a table of our own, as ps(1) with options has it', () => {
    sleeping();
    const pid = String((JSON.parse(runtime.call('state', 'c1').stdout) as { pid: number }).pid);
    for (const words of [
      ['--format', 'json', 'c1'],
      ['-f', 'json', 'c1'],
      ['c1', '--format', 'json'],
      ['--format=json', 'c1'],
    ])
      assert.equal(runtime.call('ps', ...words).stdout, `[${pid}]\n`);
    assert.match(runtime.call('ps', 'c1').stdout, new RegExp(`^UID +PID +CMD\n0 +${pid} +/bin/sleep 1000 *\n$`));
    assert.match(runtime.call('ps', 'c1', '-e', '-o', 'comm,pid').stdout, new RegExp(`^COMMAND +PID\nsleep +${pid}\n$`));
    assert.match(runtime.call('ps', 'c1', '-e', '-o', 'comm').stderr, /couldn't find PID field/);
    remove();
  });

  test('update takes sizes with units', () => {
    sleeping();
    const limit = (...options: string[]): number => {
      assert.equal(runtime.call('update', ...options, 'c1').stderr, '');
      return (JSON.parse(runtime.call('events', '--stats', 'c1').stdout) as { data: { memory: { usage: { limit: number } } } }).data.memory.usage.limit;
    };
    assert.equal(limit('--memory', '48m', '--memory-swap', '48M'), 48 * 2 ** 20);
    assert.equal(limit('--memory', '32MiB', '--memory-reservation', '16mb', '--kernel-memory', '1g'), 32 * 2 ** 20);
    assert.match(runtime.call('update', '--memory', '12q', 'c1').stderr, /not a size such as 512m/);
    assert.match(runtime.call('update', '--l3-cache-schema', 'L3:0=f', 'c1').stderr, /RDT/);
    remove();
  });

  test('kill and delete take a regular expression', () => {
    runtime.configure(['/bin/sleep', '1000']);
    // One after the other, for they are of one bundle and so of one group.
    for (const id of ['a1', 'b1']) {
      runtime.callDetached('create', id);
      if (id === 'a1') assert.equal(runtime.call('delete', '--force', '--regex', '^a[0-9]$').stderr, '');
    }
    assert.equal(runtime.call('list', '--quiet').stdout, 'b1\n');
    assert.equal(runtime.call('kill', '--regex', '^a', 'KILL').status, 0);
    assert.equal(runtime.status('b1'), 'created');
    assert.match(runtime.call('delete', '--regex', '(').stderr, /invalid regular expression/);
    assert.equal(runtime.call('delete', '-f', '-r', '.').status, 0);
  });

  test('--cgroup-manager disabled: no group is made, no limit is taken, and the container can be managed', () => {
    const words = ['--cgroup-manager', 'disabled'];
    runtime.configure(['/bin/sh', '-c', 'grep CapBnd /proc/self/status; cat /proc/self/cgroup'], (bundle) => {
      bundle.linux.resources = { devices: [{ allow: false, access: 'rwm' }] };
      bundle.process['capabilities'] = { bounding: ['CAP_MKNOD', 'CAP_CHOWN'] };
      bundle.linux.namespaces = bundle.linux.namespaces.filter((entry) => (entry as { type: string }).type !== 'cgroup');
    });
    const { stdout, stderr } = globally(words, 'run', 'c1');
    assert.equal(stderr, '');
    // Where nothing keeps it from devices, it makes no nodes of them.
    assert.match(stdout, /^CapBnd:\t0000000000000001\n/);
    assert.equal(stdout.slice(stdout.indexOf('\n') + 1), fs.readFileSync('/proc/self/cgroup', 'utf8'));
    runtime.configure(['/bin/true']);
    assert.match(globally(words, 'run', 'c1').stderr, /memory/);
    runtime.configure(['/bin/sleep', '1000'], (bundle) => {
      bundle.linux.resources = {};
    });
    assert.equal(spawnSync(runtime.program, [...words, ...runtime.words(['run', '--detach', 'c1'])], { stdio: 'ignore' }).status, 0);
    assert.equal(runtime.status('c1'), 'running');
    assert.equal(runtime.call('exec', 'c1', '/bin/echo', 'inside').stdout, 'inside\n');
    for (const command of ['pause', 'ps']) assert.match(runtime.call(command, 'c1').stderr, /has no cgroup/);
    assert.match(runtime.call('update', '--pids-limit', '3', 'c1').stderr, /has no cgroup/);
    const pid = (JSON.parse(runtime.call('state', 'c1').stdout) as { pid: number }).pid;
    remove();
    // Ended; perhaps whoever is its parent now has not asked for it yet.
    const stat = fs.existsSync(`/proc/${String(pid)}/stat`) ? fs.readFileSync(`/proc/${String(pid)}/stat`, 'utf8') : ') Z ';
    assert.match(stat, /\) Z /);
  });

  test('--rootless true does without groups that can’t be made, false does not', () => {
    runtime.configure(['/bin/echo', 'ran'], (bundle) => {
      bundle.linux.resources = {};
    });
    // In a mount namespace of this test alone, where the control groups are read-only.
    const readOnly = (rootless: string): ReturnType<typeof globally> => {
      const command = `awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts | while read -r place; do mount -o remount,bind,ro "$place"; done; exec "$@"`;
      const words = [runtime.program, '--rootless', rootless, ...runtime.words(['run', 'c1'])];
      return spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', command, 'sh', ...words], { encoding: 'utf8', timeout: 60_000 });
    };
    const { stdout, stderr } = readOnly('true');
    assert.deepEqual([stdout, stderr], ['ran\n', '']);
    assert.match(readOnly('false').stderr, /read-only file system/);
    assert.match(globally(['--rootless', 'maybe'], 'list').stderr, /invalid value .*maybe.* for rootless/);
  });

  test('root of an ordinary user’s namespace runs containers, as rootless engines have it', requires('user-namespaces'), () => {
    const home = runtime.at('home');
    fs.mkdirSync(home);
    fs.chownSync(home, 1234, 1234);
    runtime.configure(
      ['/bin/sh', '-c', 'id -u; head -c 3 /dev/zero | tr "\\\\0" x; echo > /dev/null; grep Seccomp: /proc/self/status; cat /proc/self/uid_map'],
      (bundle) => {
        bundle.linux.resources = { devices: [{ allow: false, access: 'rwm' }] };
        for (const mount of bundle.mounts as { options?: string[] }[]) mount.options = (mount.options ?? []).filter((option) => !option.startsWith('gid='));
      },
    );
    const user = ['--reuid', '1234', '--regid', '1234', '--clear-groups', 'unshare', '--user', '--map-root-user', '--mount'];
    const words = ['--root', `${home}/state`, 'run', '--bundle', runtime.directory, 'c1'];
    const { status, stdout, stderr } = spawnSync('setpriv', [...user, runtime.program, ...words], { encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^0\nxxxSeccomp:\t2\n +0 +1234 +1\n$/);
    assert.deepEqual(fs.readdirSync(`${home}/state`), []);
  });

  test('a new session keyring, or the caller’s', () => {
    runtime.configure(['/bin/sh', '-c', 'cat /proc/keys'], (bundle) => {
      delete bundle.linux['maskedPaths'];
    });
    assert.match(runtime.call('run', 'c1').stdout, /keyring +_ses/);
    assert.equal(runtime.call('run', '--no-new-keyring', '--no-pivot', 'c1').status, 0);
  });

  test('help, and a spec by another name', () => {
    for (const words of [['--help'], ['help'], ['run', '--help'], ['exec', '-h']]) {
      const { status, stdout } = spawnSync(runtime.program, words, { encoding: 'utf8' });
      assert.equal(status, 0);
      assert.match(stdout, /usage: bulkhead-runtime/);
    }
    assert.equal(spawnSync(runtime.program, ['spec', '--file', runtime.at('other.json')]).status, 0);
    assert.match(fs.readFileSync(runtime.at('other.json'), 'utf8'), /"ociVersion"/);
    assert.match(spawnSync(runtime.program, ['spec', '--file', runtime.at('other.json')], { encoding: 'utf8' }).stderr, /exists. Remove it first/);
  });

  test('the programs stay small', () => {
    assert.ok(fs.statSync(runtime.program).size <= 2 * 2 ** 20);
    assert.ok(fs.statSync(inRepository('native/build/Release/bulkhead-init')).size <= 64 * 2 ** 10);
  });
});
