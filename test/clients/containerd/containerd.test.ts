// containerd's shim with our runtime, by its own client ctr: the calls that Kubernetes and Docker make through it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { requires } from '../../support/world.js';
import { Containerd } from '../support/containerd.js';

const WAITS = 'trap "exit 3" TERM; : > /ready; while :; do sleep 0.1; done';

describe('containerd', requires('root', 'runtime', 'image', 'containerd'), () => {
  let containerd: Containerd;
  before(async () => {
    containerd = await Containerd.begin();
  });
  after(async () => {
    assert.deepEqual(await containerd.end(), []);
  });

  const shell = (options: readonly string[], script: string): string => {
    const { stdout, stderr } = containerd.run(options, 'sh', '-c', script);
    return stdout + stderr;
  };

  test('output and exit code are the process’s; failures are in the words that engines search for', () => {
    const { status, stdout, stderr } = containerd.run([], 'sh', '-c', 'echo out; echo err >&2; exit 7');
    assert.deepEqual({ status, stdout, stderr }, { status: 7, stdout: 'out\n', stderr: 'err\n' });
    const failure = (command: string): string => containerd.run([], command).stderr;
    assert.match(failure('nosuch'), /OCI runtime create failed: .*exec: "nosuch": executable file not found in \$PATH/);
    assert.match(failure('/nosuch'), /OCI runtime create failed: .*no such file or directory/);
    assert.match(failure('/etc'), /OCI runtime create failed: .*permission denied/);
  });

  test('rights, filter, read-only root, mounts and directory are as asked for', () => {
    const status = 'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status';
    const changed = ['--seccomp', '--cap-drop=CAP_CHOWN', '--cap-add=CAP_SYS_PTRACE'];
    assert.match(shell(changed, status), /CapEff:\s00000000a80c25fa\nNoNewPrivs:\s1\nSeccomp:\s2\n/);
    const own = /^CapBnd:\s(\w+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    assert.match(shell(['--privileged', '--allow-new-privs'], status), new RegExp(`CapEff:\\s${own}\\nNoNewPrivs:\\s0\\nSeccomp:\\s0`));
    const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-shared-'));
    fs.writeFileSync(path.join(shared, 'hello'), 'hello\n');
    const mount = `--mount=type=bind,src=${shared},dst=/shared,options=rbind:ro`;
    const shown = shell(['--read-only', '--cwd=/tmp', '--env=COLOUR=blue', mount], 'pwd; echo $COLOUR; cat /shared/hello; touch /x /shared/x');
    fs.rmSync(shared, { recursive: true });
    assert.match(shown, /^\/tmp\nblue\nhello\n/);
    assert.match(shown, /\/x: Read-only file system\n.*\/shared\/x: Read-only file system/);
  });

  test('namespaces: the host’s network, a user namespace', () => {
    const link = 'readlink /proc/self/ns/net';
    assert.equal(shell(['--net-host'], link).trim(), fs.readlinkSync('/proc/self/ns/net'));
    assert.notEqual(shell([], link).trim(), fs.readlinkSync('/proc/self/ns/net'));
    const mapped = shell(['--uidmap=0:100000:65536', '--gidmap=0:100000:65536'], 'id -u; cat /proc/self/uid_map');
    assert.match(mapped, /^0\n\s+0\s+100000\s+65536\n$/);
  });

  test('exec, metrics, pause, resume, kill, delete, and started anew', async () => {
    containerd.start('c', ['--memory-limit=67108864'], 'sh', '-c', WAITS);
    assert.equal(containerd.status('c'), 'RUNNING');
    const exec = (id: string, ...words: readonly string[]) => containerd.call('task', 'exec', '--exec-id', id, ...words);
    const { status, stdout } = exec('e1', '--user=1000', '--cwd=/tmp', 'c', 'sh', '-c', 'until [ -e /ready ]; do sleep 0.1; done; id -u; pwd; exit 5');
    assert.deepEqual([status, stdout], [5, '1000\n/tmp\n']);
    assert.match(exec('e2', 'c', 'nosuch').stderr, /OCI runtime exec failed: .*exec: "nosuch": executable file not found in \$PATH/);
    containerd.must('task', 'exec', '--detach', '--exec-id', 'e3', 'c', 'touch', '/made');
    assert.equal(exec('e4', 'c', 'sh', '-c', 'until [ -e /made ]; do sleep 0.1; done; echo made').stdout, 'made\n');
    const metrics = containerd.must('task', 'metrics', '--format', 'json', 'c');
    assert.match(metrics, /67108864/);
    assert.match(containerd.must('task', 'ps', 'c'), /^PID +INFO\n\d+ /);

    containerd.must('task', 'pause', 'c');
    assert.equal(containerd.status('c'), 'PAUSED');
    assert.match(exec('e5', 'c', 'true').stderr, /paused/);
    containerd.must('task', 'resume', 'c');
    assert.equal(containerd.status('c'), 'RUNNING');

    containerd.must('task', 'kill', '--signal', 'TERM', 'c');
    await containerd.untilStopped('c');
    assert.match(containerd.call('task', 'delete', 'c').stderr, /non-zero exit code 3/);
    containerd.must('task', 'start', '--detach', 'c');
    containerd.must('task', 'kill', '--signal', 'KILL', '--all', 'c');
    await containerd.untilStopped('c');
    assert.match(containerd.call('task', 'delete', 'c').stderr, /non-zero exit code 137/);
    containerd.must('container', 'rm', 'c');
  });

  test('a paused task can be killed', async () => {
    containerd.start('c', [], 'sleep', '1000');
    containerd.must('task', 'pause', 'c');
    containerd.must('task', 'kill', '--signal', 'KILL', 'c');
    await containerd.untilStopped('c');
    containerd.call('task', 'delete', '--force', 'c');
    containerd.must('container', 'rm', 'c');
  });

  test('a task that goes beyond its memory is killed', () => {
    const { stdout, stderr } = containerd.run(['--memory-limit=33554432'], 'sh', '-c', 'tail /dev/zero & wait $!; echo "ended with $?"');
    assert.equal(stdout, 'ended with 137\n', stderr);
  });

  test('a terminal: its size, what is typed, and the one of exec', async () => {
    // ctr gives the size when the task runs already.
    const script = 'tty; until stty size 2>/dev/null | grep [1-9]; do :; done; read -p "name? " x; echo "hello $x"; exit 6';
    const asked = containerd.runWords('once', ['--rm', '--tty'], 'sh', '-c', script);
    const { status, shown } = await containerd.onTerminal(asked, [[/name\? /, 'you\r']]);
    assert.equal(status, 6, shown);
    assert.match(shown, /\/dev\/pts\/0\r+\n33 77\r+\nname\? you\r+\nhello you\r+\n/);
    containerd.start('c', [], 'sleep', '1000');
    const executed = await containerd.onTerminal(['task', 'exec', '--tty', '--exec-id', 'e', 'c', 'sh', '-c', 'tty; exit 7']);
    assert.equal(executed.status, 7, executed.shown);
    assert.match(executed.shown, /\/dev\/pts\/0\r+\n/);
    containerd.must('task', 'kill', '--signal', 'KILL', 'c');
    await containerd.untilStopped('c');
    containerd.call('task', 'delete', 'c');
    containerd.must('container', 'rm', 'c');
  });
});
