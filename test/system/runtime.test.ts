// The OCI command line, as engines and people call it: real containers from a bundle.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inRepository } from '../support/repository.js';
import { requires } from '../support/world.js';
import { withScratchRuntime } from './support/runtimeSuite.js';
import type { Bundle, ScratchRuntime } from './support/scratchRuntime.js';

describe('bulkhead-runtime', requires('root', 'runtime', 'user-namespaces'), () => {
  let runtime: ScratchRuntime;
  withScratchRuntime((made) => (runtime = made));

  const shell = (script: string, change?: (bundle: Bundle) => void): void => {
    runtime.configure(['/bin/sh', '-c', script], change);
  };

  test('run gives output and exit code, and leaves nothing', () => {
    shell('echo hello; echo oops >&2; exit 9');
    const { status, stdout, stderr } = runtime.call('run', 'c1');
    assert.deepEqual({ status, stdout, stderr }, { status: 9, stdout: 'hello\n', stderr: 'oops\n' });
    shell('kill -9 $$');
    // PID 1 is deaf to its own signals: it ends by itself.
    assert.equal(runtime.call('run', 'c1').status, 0);
  });

  test('the container is confined: rights, filter, limits, devices, read-only root', () => {
    shell(
      'grep -E "^(CapInh|CapEff|NoNewPrivs|Seccomp):" /proc/self/status; cat /proc/self/cgroup | head -n 1; echo x > /x; echo x > /proc/sys/kernel/hostname; cat /dev/mem; ls /proc/acpi',
      (bundle) => {
        bundle.linux['devices'] = [{ path: '/dev/mem', type: 'c', major: 1, minor: 1 }];
      },
    );
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.match(stdout, /CapInh:\s0{16}\nCapEff:\s0000000020000420\nNoNewPrivs:\s1\nSeccomp:\s2\n/);
    assert.match(stdout, /:\/\n$/);
    assert.match(stderr, /\/x: Read-only file system/);
    assert.match(stderr, /hostname: Read-only file system/);
    assert.match(stderr, /\/dev\/mem.*Operation not permitted/);
  });

  test('descriptors of the host do not get in (T-R03)', () => {
    shell('ls /proc/self/fd');
    assert.equal(runtime.call('run', 'c1').stdout, '0\n1\n2\n3\n');
    for (const fd of ['3', '7', '100']) {
      shell('pwd', (bundle) => {
        bundle.process['cwd'] = `/proc/self/fd/${fd}`;
      });
      assert.notEqual(runtime.call('run', 'c1').status, 0);
    }
  });

  test('the memory limit kills', () => {
    shell('head -c 200m /dev/zero | tail -c 150m | head -c 1; echo after');
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.match(stderr, /Killed/);
    assert.match(stdout, /after/);
  });

  test('a user namespace maps root to another', () => {
    shell('id -u; cat /proc/self/uid_map; echo x > /dev/null', (bundle) => {
      bundle.linux.namespaces.push({ type: 'user' });
      const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
      Object.assign(bundle.linux, { uidMappings: mapping, gidMappings: mapping });
    });
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.match(stdout, /^0\n\s+0\s+100000\s+65536\n$/);
    assert.equal(stderr, '');
  });

  test('a terminal is the container’s own', () => {
    shell('tty; echo on a terminal', (bundle) => {
      bundle.process.terminal = true;
    });
    const command = [inRepository('native/build/Release/bulkhead-runtime'), ...runtime.words(['run', 'c1'])].join(' ');
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', input: '', timeout: 60_000 });
    // Apart: script(1) sends a byte of its own at the end of its input, and the terminal echoes it whenever it comes.
    assert.match(stdout, /\/dev\/pts\/0\r\n/);
    assert.match(stdout, /on a terminal\r\n/);
    assert.match(runtime.call('run', '--detach', 'c1').stderr, /cannot allocate tty/);
  });

  test('create, start, exec, pause, resume, update, events, ps, kill, delete', async () => {
    runtime.configure(['/bin/sleep', '1000']);
    assert.equal(runtime.callDetached('create', '--pid-file', runtime.at('pid'), 'c1'), 0);
    assert.equal(runtime.status('c1'), 'created');
    const pid = Number(fs.readFileSync(runtime.at('pid'), 'utf8'));
    assert.match(runtime.call('create', 'c1').stderr, /container with given ID already exists/);
    assert.equal(runtime.callDetached('start', 'c1'), 0);
    assert.equal(runtime.status('c1'), 'running');
    assert.match(runtime.call('start', 'c1').stderr, /cannot start an already running container/);

    const executed = runtime.call(
      'exec',
      '--user',
      'web',
      '--env',
      'COLOUR=blue',
      'c1',
      '/bin/sh',
      '-c',
      'id -u; echo $COLOUR; grep Seccomp: /proc/self/status; exit 5',
    );
    assert.deepEqual([executed.status, executed.stdout], [5, '1000\nblue\nSeccomp:\t2\n']);
    assert.equal(runtime.call('exec', 'c1', 'nosuch').status, 255);

    assert.equal(runtime.call('pause', 'c1').status, 0);
    assert.equal(runtime.status('c1'), 'paused');
    assert.match(runtime.call('exec', 'c1', '/bin/true').stderr, /paused/);
    assert.equal(runtime.call('resume', 'c1').status, 0);

    const updated = runtime.call('update', '--memory', '33554432', '--memory-swap', '33554432', '--pids-limit', '20', '--cpuset-cpus', '0', 'c1');
    assert.equal(updated.stderr, '');
    const event = JSON.parse(runtime.call('events', '--stats', 'c1').stdout) as { data: { memory: { usage: { limit: number } }; pids: { limit: number } } };
    assert.deepEqual([event.data.memory.usage.limit, event.data.pids.limit], [33_554_432, 20]);
    assert.equal(runtime.call('ps', '--format', 'json', 'c1').stdout.trim(), `[${String(pid)}]`);

    assert.match(runtime.call('delete', 'c1').stderr, /cannot delete container c1 that is not stopped: running/);
    assert.equal(runtime.call('kill', 'c1', 'KILL').status, 0);
    while (runtime.status('c1') !== 'stopped') await delay(10);
    assert.match(runtime.call('kill', 'c1').stderr, /container not running/);
    assert.equal(runtime.call('delete', 'c1').status, 0);
    assert.match(runtime.call('state', 'c1').stderr, /container does not exist/);
    assert.equal(runtime.call('delete', '--force', 'c1').status, 0);
  });

  test('a paused container can be killed, and removed by force', async () => {
    runtime.configure(['/bin/sleep', '1000']);
    runtime.callDetached('run', '--detach', 'c1');
    assert.equal(runtime.call('pause', 'c1').status, 0);
    assert.equal(runtime.call('kill', 'c1', 'KILL').status, 0);
    while (runtime.status('c1') !== 'stopped') await delay(10);
    runtime.call('delete', 'c1');
    runtime.callDetached('run', '--detach', 'c2');
    assert.equal(runtime.call('pause', 'c2').status, 0);
    assert.equal(runtime.call('delete', '--force', 'c2').status, 0);
  });

  test('failures are in the words by which engines know them, and leave nothing', () => {
    const log = runtime.at('log.json');
    const failure = (command: readonly string[], change?: (bundle: Bundle) => void): string => {
      runtime.configure(command, change);
      fs.rmSync(log, { force: true });
      const { status } = spawnSync(
        inRepository('native/build/Release/bulkhead-runtime'),
        ['--log', log, '--log-format', 'json', ...runtime.words(['run', 'c1'])],
        {
          stdio: 'ignore',
        },
      );
      assert.equal(status, 1);
      const line = JSON.parse(fs.readFileSync(log, 'utf8')) as { level: string; msg: string; time: string };
      assert.equal(line.level, 'error');
      assert.ok(!Number.isNaN(Date.parse(line.time)));
      return line.msg;
    };
    assert.match(failure(['nosuch']), /exec: "nosuch": executable file not found in \$PATH$/);
    assert.match(failure(['/nosuch']), /exec: "\/nosuch": stat \/nosuch: no such file or directory$/);
    assert.match(failure(['/etc/passwd']), /permission denied$/);
    assert.match(
      failure(['/bin/true'], (bundle) => bundle.mounts.push({ destination: '/proc/self', type: 'tmpfs' })),
      /invalid mount destination/,
    );
    assert.match(
      failure(['/bin/true'], (bundle) => bundle.mounts.push({ destination: '/data', source: '/no/such/place', options: ['bind'] })),
      /no such file or directory$/,
    );
    assert.match(
      failure(['/bin/true'], (bundle) => {
        bundle.linux.resources['cpu'] = { cpus: '4000' };
      }),
      /cpuset\.cpus/,
    );
    assert.match(
      failure(['/bin/true'], (bundle) => {
        bundle.hooks = { prestart: [{ path: '/bin/false' }] };
      }),
      /error running hook \/bin\/false: exit status 1/,
    );
  });

  test('hooks get the state, their own environment and nothing else', () => {
    const hook = runtime.at('hook.sh');
    const heard = runtime.at('heard');
    fs.writeFileSync(
      hook,
      `#!/bin/sh\necho "$1 $(grep -o '"status": "[a-z]*"') $(env | grep -vE '^(PWD|_|SHLVL|OLDPWD)=' | sort | tr '\\n' ' ') $(pwd)" >> ${heard}\n`,
      { mode: 0o755 },
    );
    const stages = ['prestart', 'createRuntime', 'poststart', 'poststop'];
    runtime.configure(['/bin/true'], (bundle) => {
      bundle.process['env'] = ['LD_PRELOAD=/evil.so'];
      bundle.hooks = Object.fromEntries(stages.map((stage) => [stage, [{ path: hook, args: ['hook', stage], env: ['PATH=/usr/bin:/bin'], timeout: 30 }]]));
    });
    assert.equal(runtime.call('run', 'c1').status, 0);
    const states = ['creating', 'creating', 'running', 'stopped'];
    assert.deepEqual(
      fs.readFileSync(heard, 'utf8').trim().split('\n'),
      stages.map((stage, index) => `${stage} "status": "${states[index] ?? ''}" PATH=/usr/bin:/bin  /`),
    );
  });

  test('what a creation that was cut off has left goes with delete --force', () => {
    fs.mkdirSync(runtime.at('state/half'), { recursive: true });
    assert.equal(runtime.status('half'), 'creating');
    assert.equal(runtime.call('delete', '--force', 'half').status, 0);
    assert.equal(runtime.status('half'), 'absent');
  });

  test('ids that are no names, and unknown words, are refused', () => {
    for (const id of ['../x', 'a/b', '.', '..', 'x y']) assert.match(runtime.call('state', id).stderr, /invalid container ID format/);
    assert.match(runtime.call('frobnicate').stderr, /No help topic/);
    assert.match(runtime.call('state', '--nope', 'x').stderr, /flag provided but not defined/);
  });

  test('features and version say what engines look for', () => {
    const features = JSON.parse(runtime.call('features').stdout) as { ociVersionMax: string; linux: { seccomp: { enabled: boolean } } };
    assert.equal(features.linux.seccomp.enabled, true);
    const { stdout } = spawnSync(inRepository('native/build/Release/bulkhead-runtime'), ['--version'], { encoding: 'utf8' });
    assert.match(stdout, /^bulkhead-runtime version \d+\.\d+\.\d+\ncommit: .*\nspec: 1\.2\.0\n/);
  });
});
