// A container's life under Podman with our runtime: made, started, looked into, changed, paused, stopped, removed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { requires } from '../../support/world.js';
import { readLimit } from '../support/clientRuntime.js';
import { IMAGE, Podman } from '../support/podman.js';

const WAITS = 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done';
const IS_DEAF = 'trap "" TERM; echo ready; while :; do sleep 0.1; done';

describe('a container of Podman', requires('root', 'runtime', 'image', 'podman'), () => {
  let podman: Podman;
  before(() => {
    podman = new Podman();
  });
  afterEach(() => {
    podman.must('rm', '--all', '--force', '--time', '0');
  });
  after(() => {
    assert.deepEqual(podman.end(), []);
  });

  const state = (name: string): string => podman.must('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', name);
  /** Its trap is set, and what it says is in the log. */
  const ready = (name: string): void => {
    for (let tries = 0; !podman.must('logs', name).includes('ready'); ++tries) assert.ok(tries < 100, `${name} is not ready`);
  };

  test('created, made ready, started with its output, its exit code kept', () => {
    podman.must('create', '--name', 'c', ...podman.placed([]), IMAGE, 'sh', '-c', 'echo said; exit 4');
    podman.must('init', 'c');
    assert.equal(state('c'), 'initialized 0');
    const { status, stdout } = podman.call('start', '--attach', 'c');
    assert.deepEqual([status, stdout], [4, 'said\n']);
    assert.equal(state('c'), 'exited 4');
    assert.equal(podman.must('logs', 'c'), 'said');
    assert.equal(podman.must('wait', 'c'), '4');
  });

  test('exec has its own user, environment, directory, rights and exit code; 126 and 127 are Podman’s', () => {
    podman.start('c', [], 'sleep', '1000');
    const { status, stdout } = podman.call('exec', '--user=1000:1001', '--env=X=y', '--workdir=/tmp', 'c', 'sh', '-c', 'id; echo $X; pwd; exit 5');
    assert.deepEqual([status, stdout], [5, 'uid=1000 gid=1001\ny\n/tmp\n']);
    const rights = ['grep', '-E', '^(CapEff|Seccomp):', '/proc/self/status'];
    assert.match(podman.must('exec', 'c', ...rights), /00000000a80425fb\nSeccomp:\s2$/);
    const own = /^CapBnd:\s(\w+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    assert.match(podman.must('exec', '--privileged', 'c', ...rights), new RegExp(own));
    const missing = podman.call('exec', 'c', 'nosuch');
    assert.deepEqual([missing.status, /executable file not found in \$PATH/.test(missing.stderr)], [127, true], missing.stderr);
    const folder = podman.call('exec', 'c', '/etc');
    assert.deepEqual([folder.status, /permission denied/.test(folder.stderr)], [126, true], folder.stderr);
    assert.match(podman.call('exec', '--workdir=/nowhere', 'c', 'true').stderr, /chdir to cwd \("\/nowhere"\).*no such file or directory/);
    podman.must('exec', '--detach', 'c', 'touch', '/made');
    assert.equal(podman.must('exec', 'c', 'sh', '-c', 'while ! ls /made 2>/dev/null; do sleep 0.1; done'), '/made');
  });

  test('paused, nothing runs; unpaused, it goes on; paused, it can be removed by force', () => {
    podman.start('c', [], 'sh', '-c', 'while :; do echo $((i += 1)) > /count; sleep 0.01; done');
    const count = (): string => fs.readFileSync(`/proc/${podman.must('inspect', '--format', '{{.State.Pid}}', 'c')}/root/count`, 'utf8');
    podman.must('exec', 'c', 'sh', '-c', 'until [ -e /count ]; do sleep 0.1; done');
    podman.must('pause', 'c');
    assert.equal(state('c'), 'paused 0');
    const stopped = count();
    assert.notEqual(podman.call('exec', 'c', 'true').status, 0);
    assert.equal(count(), stopped);
    podman.must('unpause', 'c');
    assert.equal(podman.must('exec', 'c', 'echo', 'on'), 'on');
    assert.notEqual(count(), stopped);
    podman.must('pause', 'c');
    podman.must('rm', '--force', '--time', '0', 'c');
  });

  test('stop asks, then kills; kill, start, restart, rm --force', () => {
    podman.start('polite', [], 'sh', '-c', WAITS);
    ready('polite');
    podman.must('stop', '--time', '10', 'polite');
    assert.equal(state('polite'), 'exited 3');
    podman.must('start', 'polite');
    podman.must('kill', '--signal', 'KILL', 'polite');
    assert.equal(podman.must('wait', 'polite'), '137');
    podman.must('restart', '--time', '0', 'polite');
    assert.match(podman.call('rm', 'polite').stderr, /cannot be removed without force/);
    podman.start('deaf', [], 'sh', '-c', IS_DEAF);
    ready('deaf');
    podman.must('stop', '--time', '1', 'deaf');
    assert.equal(state('deaf'), 'exited 137');
    podman.must('rm', '--force', '--time', '0', 'polite', 'deaf');
    assert.equal(podman.must('ps', '--all', '--quiet'), '');
  });

  test('top, stats and the control group that Podman reads; update changes the limits', () => {
    const id = podman.start('c', ['--memory=64m', '--memory-swap=64m'], 'sleep', '1000');
    assert.match(podman.must('top', 'c', 'pid', 'comm'), /1 +sleep/);
    const [memory, pids] = podman.must('stats', '--no-stream', '--format', '{{.MemUsage}};{{.PIDs}}', 'c').split(';');
    assert.match(memory ?? '', / \/ 67\.11MB/);
    assert.equal(pids, '1');
    assert.match(podman.must('inspect', '--format', '{{.State.CgroupPath}}', 'c'), new RegExp(`^/bulkhead-podman-.*${id}$`));
    podman.must('update', '--memory=32m', '--memory-swap=32m', '--cpus=0.5', '--cpuset-cpus=0', 'c');
    const limits = [readLimit('memory.max', 'memory/memory.limit_in_bytes'), readLimit('cpu.max', 'cpu/cpu.cfs_quota_us')];
    const script = `${limits.join('; ')}; grep Cpus_allowed_list: /proc/1/status`;
    assert.match(podman.must('exec', 'c', 'sh', '-c', script), /^33554432\n50000( 100000)?\nCpus_allowed_list:\s0$/);
  });

  test('a health check runs in the container', () => {
    podman.start('c', ['--health-cmd=cat /healthy', '--health-interval=disable', '--health-retries=1'], 'sleep', '1000');
    assert.equal(podman.call('healthcheck', 'run', 'c').status, 1);
    assert.equal(podman.must('inspect', '--format', '{{.State.Healthcheck.Status}}', 'c'), 'unhealthy');
    podman.must('exec', 'c', 'touch', '/healthy');
    assert.equal(podman.call('healthcheck', 'run', 'c').status, 0);
    assert.equal(podman.must('inspect', '--format', '{{.State.Healthcheck.Status}}', 'c'), 'healthy');
  });

  test('copied into and out of, exported, and started again by its restart policy', () => {
    podman.start('c', [], 'sleep', '1000');
    fs.writeFileSync(podman.at('note'), 'from outside');
    podman.must('cp', podman.at('note'), 'c:/note');
    assert.equal(podman.must('exec', 'c', 'cat', '/note'), 'from outside');
    podman.must('cp', 'c:/etc/passwd', podman.at('copied'));
    assert.match(fs.readFileSync(podman.at('copied'), 'utf8'), /^root:/);
    podman.start('again', ['--restart=on-failure:2'], 'sh', '-c', 'echo run; exit 1');
    for (let tries = 0; podman.must('logs', 'again').split('\n').length < 3; ++tries) assert.ok(tries < 100);
  });

  test('a terminal: its size, what is typed, Ctrl+C, and the one of exec', async () => {
    const options = ['run', '--rm', '--interactive', '--tty', ...podman.placed([])];
    const asked = await podman.onTerminal(
      [...options, IMAGE, 'sh', '-c', 'tty; stty size; read -p "name? " x; echo "hello $x"; exit 6'],
      [[/name\? /, 'you\r']],
    );
    assert.equal(asked.status, 6, asked.shown);
    assert.match(asked.shown, /\/dev\/pts\/0\r\n33 77\r\nname\? you\r\nhello you\r\n/);
    const interrupted = await podman.onTerminal([...options, IMAGE, 'sh', '-c', `${WAITS.replace('TERM', 'INT')}`], [[/ready/, '\x03']]);
    assert.equal(interrupted.status, 3, interrupted.shown);
    podman.start('c', ['--tty'], 'sh', '-c', 'tty; sleep 1000');
    const executed = await podman.onTerminal(['exec', '--interactive', '--tty', 'c', 'sh', '-c', 'tty; stty size; exit 7']);
    assert.equal(executed.status, 7, executed.shown);
    assert.match(executed.shown, /\/dev\/pts\/1\r\n33 77\r\n/);
    assert.equal(podman.must('logs', 'c'), '/dev/pts/0');
  });
});
