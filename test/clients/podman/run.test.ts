// `podman run` with our runtime: what a container is given and what it may not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { requires } from '../../support/world.js';
import { readLimit } from '../support/clientRuntime.js';
import { IMAGE, Podman } from '../support/podman.js';

describe('podman run', requires('root', 'runtime', 'image', 'podman'), () => {
  let podman: Podman;
  before(() => {
    podman = new Podman();
  });
  after(() => {
    assert.deepEqual(podman.end(), []);
  });

  const shell = (options: readonly string[], script: string): string => {
    const { stdout, stderr } = podman.run(options, 'sh', '-c', script);
    return stdout + stderr;
  };

  test('output, input and exit code are the process’s; failures have Podman’s 125, 126, 127', () => {
    const { status, stdout, stderr } = podman.run([], 'sh', '-c', 'echo out; echo err >&2; exit 7');
    assert.deepEqual({ status, stdout, stderr }, { status: 7, stdout: 'out\n', stderr: 'err\n' });
    assert.equal(podman.run([], 'sh', '-c', 'sh -c "kill -9 \\$\\$"; echo $?').stdout, '137\n');
    const failures: [options: string[], command: string, status: number, message: RegExp][] = [
      [[], 'nosuch', 127, /executable file not found in \$PATH/],
      [[], '/nosuch', 127, /no such file or directory/],
      [[], '/etc', 126, /permission denied/],
      [[], '/etc/passwd', 126, /permission denied/],
      [['--sysctl=kernel.panic=1'], 'true', 125, /is not allowed/],
    ];
    for (const [options, command, expected, message] of failures) {
      const failure = podman.run(options, command);
      assert.equal(failure.status, expected, `${command}: ${failure.stderr}`);
      assert.match(failure.stderr, message);
    }
  });

  test('user, environment, directory, names, limits and files are as asked for', () => {
    const options = ['--user=1000:1001', '--group-add=5000', '--env=COLOUR=blue', '--workdir=/tmp', '--hostname=box', '--add-host=db:10.0.0.9'];
    options.push(
      '--ulimit=nofile=100:200',
      '--ulimit=nproc=4096:4096',
      '--umask=077',
      '--oom-score-adj=500',
      '--shm-size=1m',
      '--sysctl=net.ipv4.ip_forward=1',
    );
    const shown = shell(options, 'id -u; id -G; echo $COLOUR; pwd; hostname; grep db /etc/hosts; ulimit -n; ulimit -Hn; umask; cat /proc/self/oom_score_adj');
    const expected = ['1000', '1001 5000', 'blue', '/tmp', 'box', '10.0.0.9\tdb', '100', '200', '0077', '500'];
    assert.deepEqual(shown.trim().split('\n'), expected);
    const files = shell(options, 'df -k /dev/shm | tail -n 1; cat /proc/sys/net/ipv4/ip_forward');
    assert.match(files, /^shm +1024 .*\n1\n$/);
  });

  test('by default few rights, a filter, hidden and read-only files', () => {
    const status = 'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status';
    const shown = shell([], `${status}; mount -t tmpfs none /tmp; unshare -m true; cat /proc/kcore; echo 1 > /proc/sys/kernel/panic`);
    assert.match(shown, /CapEff:\s00000000a80425fb\nCapBnd:\s00000000a80425fb\nNoNewPrivs:\s0\nSeccomp:\s2\n/);
    assert.match(shown, /mount: .*permission denied/);
    assert.match(shown, /unshare.*: Operation not permitted/);
    assert.match(shown, /panic: Read-only file system/);
    assert.doesNotMatch(shown, /ELF/);
  });

  test('rights and filter can be changed; --privileged has all that this machine has', () => {
    const status = 'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status';
    const options = ['--cap-drop=all', '--cap-add=net_raw', '--security-opt=no-new-privileges', '--security-opt=seccomp=unconfined'];
    assert.match(shell(options, status), /CapEff:\s0000000000002000\nNoNewPrivs:\s1\nSeccomp:\s0\n/);
    const privileged = shell(['--privileged'], `${status}; mount -t tmpfs none /tmp && echo mounted; echo 0 > /proc/sys/net/ipv4/ip_forward`);
    const own = /^CapBnd:\s(\w+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    assert.match(privileged, new RegExp(`^CapEff:\\s${own}\\nNoNewPrivs:\\s0\\nSeccomp:\\s0\\nmounted\\n$`));
  });

  test('limits are in its control group, and hold', () => {
    const limits = ['--memory=32m', '--memory-swap=32m', '--pids-limit=20', '--cpus=0.5', '--cpuset-cpus=0'];
    const files = ['memory.max memory/memory.limit_in_bytes', 'pids.max pids/pids.max', 'cpu.max cpu/cpu.cfs_quota_us', 'cpuset.cpus cpuset/cpuset.cpus'];
    const shown = shell(limits, files.map((names) => readLimit(names)).join('; '));
    assert.match(shown, /^33554432\n20\n50000( 100000)?\n0\n$/);
    const children = shell(['--pids-limit=20'], 'for i in $(seq 30); do sleep 0.1 & done; wait');
    assert.match(children, /can't fork: Resource temporarily unavailable/);
    const big = shell(['--memory=32m', '--memory-swap=32m'], 'tail /dev/zero; echo $?');
    assert.match(big, /137/);
    const busy = `i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; ${readLimit('cpu.stat', 'cpu/cpu.stat')}`;
    assert.match(shell(['--cpus=0.05'], busy), /nr_throttled [1-9]/);
  });

  test('read-only root, tmpfs, volumes, devices', () => {
    fs.mkdirSync(podman.at('shared'));
    fs.writeFileSync(podman.at('shared/hello'), 'hello\n');
    const options = ['--read-only', '--tmpfs=/data:size=1m,noexec', `--volume=${podman.at('shared')}:/ro:ro`, `--volume=${podman.at('shared')}:/rw:rw,nosuid`];
    options.push('--volume=named:/named', `--volume=${podman.at('shared')}:/layer:O`, '--device=/dev/kmsg:/dev/messages:r', '--cap-add=syslog');
    const script =
      'touch /x; cat /ro/hello; touch /ro/x; touch /rw/y /named/z /layer/w; grep -E " /(data|rw) " /proc/mounts; echo > /dev/messages; : < /dev/messages && echo readable';
    const shown = shell(options, script);
    assert.match(shown, /^hello\n/);
    for (const refused of [/\/x: Read-only file system/, /\/ro\/x: Read-only file system/, /messages: Operation not permitted/]) assert.match(shown, refused);
    assert.match(shown, /tmpfs \/data tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k/);
    assert.match(shown, /^readable$/m);
    assert.match(shown, / \/rw \S+ rw,nosuid/);
    assert.deepEqual(fs.readdirSync(podman.at('shared')).sort(), ['hello', 'y']);
    assert.equal(shell(['--volume=named:/named'], 'ls /named'), 'z\n');
    podman.must('volume', 'rm', 'named');
  });

  test('a user namespace maps its root to another', () => {
    const shown = shell(
      ['--uidmap=0:100000:65536', '--gidmap=0:200000:65536'],
      'id -u; cat /proc/self/uid_map /proc/self/gid_map; touch /f; stat -c %u /f; echo > /dev/null',
    );
    assert.match(shown, /^0\n\s+0\s+100000\s+65536\n\s+0\s+200000\s+65536\n0\n$/);
  });

  test('namespaces of its own, of the host, of another container', () => {
    assert.match(shell(['--init'], 'cat /proc/1/comm; ls /sys/class/net'), /^(catatonit|podman-init)\nlo\n$/);
    const links = 'for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done';
    const ofHost = ['net', 'pid', 'ipc', 'uts', 'cgroup'].map((name) => fs.readlinkSync(`/proc/self/ns/${name}`));
    const shared = ['--network=host', '--pid=host', '--ipc=host', '--uts=host', '--cgroupns=host'];
    assert.deepEqual(shell(shared, links).trim().split('\n'), ofHost);
    const own = shell(['--cgroupns=private'], links).trim().split('\n');
    assert.ok(
      own.every((name, index) => name !== ofHost[index]),
      own.join(' '),
    );
    podman.start('other', [], 'sleep', '1000');
    const joined = shell(['--network=container:other', '--pid=container:other', '--ipc=container:other'], 'cat /proc/1/comm; readlink /proc/self/ns/net');
    assert.equal(joined, `sleep\n${podman.must('exec', 'other', 'readlink', '/proc/self/ns/net')}\n`);
    podman.must('rm', '--force', '--time', '0', 'other');
  });

  test('Podman knows the runtime by its name and version', () => {
    const described = podman.must('info', '--format', '{{.Host.OCIRuntime.Path}}\n{{.Host.OCIRuntime.Version}}');
    assert.match(described, new RegExp(`^${podman.runtime}\n\\S+ version \\d+\\.\\d+`));
    assert.equal(podman.must('create', '--name', 'named', ...podman.placed([]), IMAGE).length, 64);
    assert.equal(podman.must('inspect', '--format', '{{.OCIRuntime}}', 'named'), podman.runtime);
    podman.must('rm', 'named');
  });
});
