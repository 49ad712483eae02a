// The runtime-spec's rarer fields: each is looked for from inside a container.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { inRepository } from '../support/repository.js';
import { requires } from '../support/world.js';
import { withScratchRuntime } from './support/runtimeSuite.js';
import type { Bundle, ScratchRuntime } from './support/scratchRuntime.js';

describe('bulkhead-runtime and the runtime-spec', requires('root', 'runtime'), () => {
  let runtime: ScratchRuntime;
  withScratchRuntime((made) => (runtime = made));

  const shell = (script: string, change?: (bundle: Bundle) => void): void => {
    runtime.configure(['/bin/sh', '-c', script], change);
  };
  /** A hook for the host, or for the container when `folder` is in its root: `script` gets its stage as $1. */
  const hookFile = (file: string, script: string): string => {
    fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  };

  test('hooks of all six kinds, in order, each with its state and in its namespaces', () => {
    const heard = runtime.at('heard');
    const status = `$(grep -o '"status": "[a-z]*"' | cut -d'"' -f4)`;
    const line = `echo "$1 ${status} $(readlink /proc/self/ns/mnt /proc/self/ns/pid /proc/self/ns/net | tr '\\n' ' ')$(pwd) $(grep -c ' ${runtime.at('rootfs')}/proc ' /proc/self/mountinfo)"`;
    const onHost = hookFile(runtime.at('hook.sh'), `${line} >> ${heard}`);
    hookFile(runtime.at('rootfs/hook.sh'), `echo "$1 $(grep -o '"status": "[a-z]*"') $HOOK $(pwd) $$" >> /heard`);
    const hooks = (stages: readonly string[], file: string): object =>
      Object.fromEntries(stages.map((stage) => [stage, [{ path: file, args: ['hook', stage], env: ['PATH=/usr/bin:/bin', 'HOOK=yes'], timeout: 60 }]]));
    shell('echo process >> /heard; readlink -f /proc/self/ns/net; exec sleep 0.2', (bundle) => {
      bundle.root.readonly = false;
      bundle.hooks = { ...hooks(['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'], onHost), ...hooks(['startContainer'], '/hook.sh') };
    });
    const { status: code, stderr } = runtime.call('run', 'c1');
    assert.deepEqual([code, stderr], [0, '']);
    const lines = fs
      .readFileSync(heard, 'utf8')
      .trim()
      .split('\n')
      .map((text) => text.split(' '));
    assert.deepEqual(
      lines.map(([stage, state]) => `${stage ?? ''} ${state ?? ''}`),
      ['prestart creating', 'createRuntime creating', 'createContainer creating', 'poststart running', 'poststop stopped'],
    );
    const host = ['mnt', 'pid', 'net'].map((kind) => fs.readlinkSync(`/proc/self/ns/${kind}`));
    for (const [stage, , ...rest] of lines) {
      const isInside = stage === 'createContainer';
      assert.deepEqual(
        rest.slice(0, 3).map((name, index) => name === host[index]),
        [!isInside, !isInside, !isInside],
        stage,
      );
      // The container's mounts are seen where the config has its root; the working directory is /.
      assert.deepEqual(rest.slice(3), ['/', isInside ? '1' : '0'], stage);
    }
    const inside = fs.readFileSync(runtime.at('rootfs/heard'), 'utf8').trim().split('\n');
    assert.match(inside[0] ?? '', /^startContainer "status": "created" yes \/ \d+$/);
    assert.equal(inside[1], 'process');
    for (const file of [heard, runtime.at('rootfs/heard'), runtime.at('rootfs/hook.sh')]) fs.rmSync(file);
  });

  test('a hook that fails, or takes too long, destroys the container; poststop hooks run, and may fail', () => {
    const heard = runtime.at('heard');
    const poststop = [{ path: '/bin/false' }, { path: '/bin/sh', args: ['sh', '-c', `echo poststop >> ${heard}`] }];
    for (const stage of ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart']) {
      const failing = stage === 'startContainer' ? { path: '/bin/sh', args: ['sh', '-c', 'exit 3'] } : { path: '/bin/sh', args: ['sh', '-c', 'exit 3'] };
      runtime.configure(['/bin/sleep', '1000'], (bundle) => {
        bundle.hooks = { [stage]: [failing], poststop };
      });
      const { status, stderr } = runtime.call('run', '--detach', 'c1');
      assert.equal(status, 1, stage);
      assert.match(stderr, /error running hook \/bin\/sh: exit status 3/, stage);
      assert.match(stderr, /level=warning.*\/bin\/false/, stage);
      assert.equal(runtime.status('c1'), 'absent', stage);
      assert.equal(fs.readFileSync(heard, 'utf8'), 'poststop\n', stage);
      fs.rmSync(heard);
    }
    runtime.configure(['/bin/true'], (bundle) => {
      bundle.hooks = { createContainer: [{ path: '/bin/sleep', args: ['sleep', '100'], timeout: 1 }] };
    });
    assert.match(runtime.call('run', 'c1').stderr, /hook ran past its timeout/);
  });

  test('personality, scheduler, ioPriority', () => {
    shell('busybox uname -m; cut -d" " -f19,41 /proc/self/stat; busybox ionice -p $$', (bundle) => {
      bundle.linux['personality'] = { domain: 'LINUX32' };
      bundle.process['scheduler'] = { policy: 'SCHED_BATCH', nice: 5 };
      bundle.process['ioPriority'] = { class: 'IOPRIO_CLASS_BE', priority: 6 };
      bundle.process.args[2] = (bundle.process.args[2] ?? '').replace('cut', 'busybox cut');
    });
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.equal(stderr, '');
    assert.match(stdout, /^(i686|armv8l)\n5 3\nbest-effort: prio 6\n$/);
  });

  test('execCPUAffinity, and a group below the container’s own, are for what is executed', () => {
    runtime.configure(['/bin/sleep', '1000']);
    runtime.callDetached('run', '--detach', 'c1');
    const file = runtime.at('process.json');
    fs.writeFileSync(
      file,
      JSON.stringify({ args: ['/bin/grep', 'Cpus_allowed_list', '/proc/self/status'], cwd: '/', execCPUAffinity: { initial: '0', final: '0' } }),
    );
    const executed = runtime.call('exec', '--process', file, 'c1');
    assert.deepEqual([executed.stdout, executed.stderr], ['Cpus_allowed_list:\t0\n', '']);
    assert.match(runtime.call('exec', '--cgroup', '../..', 'c1', '/bin/true').stderr, /points upwards/);
    assert.match(runtime.call('exec', '--cgroup', 'sub', 'c1', '/bin/true').stderr, /no such file or directory/);
    for (const group of runtime.groups()) {
      fs.mkdirSync(`${group}/sub`);
      for (const name of ['cpuset.cpus', 'cpuset.mems']) {
        if (fs.existsSync(`${group}/sub/${name}`)) fs.writeFileSync(`${group}/sub/${name}`, fs.readFileSync(`${group}/${name}`));
      }
    }
    assert.match(runtime.call('exec', '--cgroup', 'sub', 'c1', '/bin/cat', '/proc/self/cgroup').stdout, /\/sub$/m);
    const inMemory = runtime.call('exec', '--cgroup', 'memory,cpu:sub/', 'c1', '/bin/cat', '/proc/self/cgroup');
    const isV1 = /:memory:/.test(inMemory.stdout);
    if (isV1) assert.match(inMemory.stdout, /:memory:\/sub\n[^]*:pids:\/\n|:pids:\/\n[^]*:memory:\/sub\n/);
    else assert.match(inMemory.stderr, /no controller of cgroup v1/);
    assert.match(runtime.call('exec', '--cgroup', 'nosuch:sub', 'c1', '/bin/true').stderr, /nosuch is no controller of cgroup v1/);
    assert.equal(runtime.call('delete', '--force', '--regex', '^c[0-9]$').status, 0);
  });

  test('a label without its security module ends the start', { skip: fs.existsSync('/sys/module/apparmor') ? 'this kernel has AppArmor' : false }, () => {
    shell('true', (bundle) => {
      bundle.process['apparmorProfile'] = 'docker-default';
    });
    assert.match(runtime.call('run', 'c1').stderr, /apparmor is disabled or not supported/);
    for (const change of [(bundle: Bundle) => (bundle.process['selinuxLabel'] = 'a:b:c:s0'), (bundle: Bundle) => (bundle.linux['mountLabel'] = 'a:b:c:s0')]) {
      shell('true', (bundle) => void change(bundle));
      assert.match(runtime.call('run', 'c1').stderr, /selinux is disabled or not supported/);
    }
    shell('true');
    assert.match(runtime.call('checkpoint', 'c1').stderr, /not supported/);
  });

  test('a filter that notifies: its descriptor and the state go to the listener', requires('python'), async () => {
    const socket = path.join(runtime.directory, 'agent.sock');
    const agent = spawn('python3', [inRepository('test/fixtures/seccompAgent.py'), socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: agent.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    assert.equal(await next(), 'listening');
    shell('busybox mkdir /tmp/x; echo done', (bundle) => {
      bundle.linux['seccomp'] = {
        defaultAction: 'SCMP_ACT_ALLOW',
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
        listenerPath: socket,
        listenerMetadata: 'meta',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
      };
    });
    const { stdout, stderr } = runtime.call('run', 'c1');
    const state = JSON.parse(await next()) as { fds: string[]; pid: number; metadata: string; state: { id: string; status: string; pid: number } };
    assert.deepEqual([state.fds, state.metadata, state.state.id, state.state.status], [['seccompFd'], 'meta', 'c1', 'creating']);
    assert.ok(state.pid > 1 && state.pid === state.state.pid);
    assert.ok(Number(await next()) > state.pid, 'a child of it made the call');
    assert.match(stderr, /can't create directory '\/tmp\/x'.*(out of domain|Numerical argument|domain)/i);
    assert.equal(stdout, 'done\n');
    if (agent.exitCode === null) await once(agent, 'exit');
  });

  test('names, umask, groups, limits, sysctl, clocks: each is the container’s own', () => {
    shell(
      'cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname; umask; id -G; ulimit -n -H; cat /proc/sys/net/ipv4/ip_forward /proc/self/timens_offsets',
      (bundle) => {
        Object.assign(bundle, { hostname: 'ship', domainname: 'sea' });
        Object.assign(bundle.process.user, { umask: 0o027, additionalGids: [5, 7] });
        bundle.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 40, hard: 50 }];
        bundle.linux['sysctl'] = { 'net.ipv4.ip_forward': '1' };
        bundle.linux.namespaces.push({ type: 'time' });
        bundle.linux['timeOffsets'] = { monotonic: { secs: 100, nanosecs: 5 }, boottime: { secs: -7 } };
      },
    );
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.equal(stderr, '');
    assert.match(stdout, /^ship\nsea\n0027\n0 5 7\n50\n1\nmonotonic +100 +5\nboottime +-7 +0\n$/);
  });

  test('mounts: relative, copied up, recursively read-only, mapped, with and without the host’s later mounts', () => {
    const source = runtime.at('source');
    fs.mkdirSync(path.join(source, 'below'), { recursive: true });
    fs.writeFileSync(path.join(source, 'file'), '');
    fs.chownSync(path.join(source, 'file'), 3000, 3000);
    const mapping = [{ containerID: 3000, hostID: 77, size: 1 }];
    shell(
      [
        'cat /copied/note',
        'echo x > /copied/more && echo writable',
        'echo x > /whole/below/file || echo refused',
        'echo x > /top/file || echo refused; echo x > /top/below/file && echo taken',
        'busybox stat -c %u /mapped/file',
        'grep -c " /slave .* master:" /proc/self/mountinfo',
        'grep " /private " /proc/self/mountinfo | grep -c -E "shared|master"',
        'echo x > /relative/file && echo there',
        'busybox stat -c "%F %a %u" /dev/pipe /pipe',
      ].join(';'),
      (bundle) => {
        bundle.mounts.push(
          { destination: '/copied', type: 'tmpfs', options: ['tmpcopyup', 'size=64k'] },
          { destination: '/whole', source, options: ['rbind', 'rro'] },
          { destination: '/top', source, options: ['rbind', 'ro', 'remount'] },
          { destination: '/mapped', source, options: ['bind', 'idmap'], uidMappings: mapping, gidMappings: mapping },
          { destination: '/slave', source, options: ['rbind', 'rslave'] },
          { destination: '/private', source, options: ['rbind'] },
          { destination: 'relative', type: 'tmpfs' },
        );
        bundle.linux['devices'] = ['/dev/pipe', '/pipe'].map((where) => ({ path: where, type: 'p', fileMode: 0o640, uid: 9, gid: 9 }));
      },
    );
    for (const place of ['copied', 'whole', 'top', 'mapped', 'slave', 'private', 'relative']) fs.mkdirSync(runtime.at('rootfs', place), { recursive: true });
    fs.writeFileSync(runtime.at('rootfs/copied/note'), 'kept\n');
    // Shared, with a file system below, in a mount namespace of this test alone.
    const setUp = 'mount --bind "$0" "$0" && mount --make-shared "$0" && mount -t tmpfs below "$0/below" && exec "$@"';
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', '-c', setUp, source, runtime.program, ...runtime.words(['run', 'c1'])],
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
    assert.deepEqual(stdout.split('\n'), ['kept', 'writable', 'refused', 'refused', 'taken', '77', '1', '0', 'there', 'fifo 640 9', 'fifo 640 9', ''], stderr);
  });

  test('a terminal has the size of the config', requires('python'), async () => {
    const socket = runtime.at('console.sock');
    const receiver = spawn('python3', [inRepository('test/fixtures/consoleReceiver.py'), socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, 'listening');
    shell('busybox stty size', (bundle) => {
      bundle.process.terminal = true;
      bundle.process['consoleSize'] = { height: 33, width: 77 };
    });
    assert.equal(runtime.callDetached('run', '--detach', '--console-socket', socket, 'c1'), 0);
    assert.equal((await lines.next()).value, '33 77');
    assert.equal((await lines.next()).value, '33 77');
    if (receiver.exitCode === null) await once(receiver, 'exit');
    assert.equal(runtime.call('delete', '--force', 'c1').status, 0);
  });

  test('resources: huge pages used and set aside, files of v2 by name, a check before an update, refusals', requires('cgroup-hybrid'), () => {
    const value = (file: string): string[] =>
      runtime.groups().flatMap((group) => (fs.existsSync(`${group}/${file}`) ? [fs.readFileSync(`${group}/${file}`, 'utf8')] : []));
    const limits = (resources: object): string[] => {
      runtime.configure(['/bin/sleep', '1000'], (bundle) => {
        Object.assign(bundle.linux.resources, resources);
      });
      runtime.callDetached('run', '--detach', 'c1');
      return ['hugetlb.2MB.max', 'hugetlb.2MB.rsvd.max'].flatMap(value);
    };
    assert.equal(limits({ unified: { 'hugetlb.2MB.rsvd.max': '2097152' } })[1], '2097152\n');
    assert.equal(runtime.call('delete', '--force', 'c1').status, 0);
    assert.deepEqual(limits({ hugepageLimits: [{ pageSize: '2MB', limit: 4_194_304 }] }), ['4194304\n', '4194304\n']);
    fs.writeFileSync(runtime.at('resources.json'), JSON.stringify({ memory: { limit: 4096, swap: 4096, checkBeforeUpdate: true } }));
    assert.match(runtime.call('update', '--resources', runtime.at('resources.json'), 'c1').stderr, /below what is in use/);
    assert.equal(runtime.call('delete', '--force', 'c1').status, 0);
    const refusals: readonly (readonly [object, RegExp])[] = [
      [{ rdma: { mlx5_1: { hcaHandles: 3 } } }, /rdma/],
      [{ unified: { 'nosuch.max': '1' } }, /unified.nosuch.max/],
    ];
    for (const [resources, reason] of refusals) {
      shell('true', (bundle) => {
        Object.assign(bundle.linux.resources, resources);
      });
      assert.match(runtime.call('run', 'c1').stderr, reason);
    }
    shell('true', (bundle) => {
      bundle.linux['intelRdt'] = { closID: 'x' };
    });
    assert.match(runtime.call('run', 'c1').stderr, /Intel RDT/);
  });

  test('update gives other devices in the place of those before; events tell of huge pages', requires('cgroup-hybrid'), () => {
    const FUSE = { type: 'c', major: 10, minor: 229 };
    runtime.configure(['/bin/sleep', '1000'], (bundle) => {
      bundle.linux['devices'] = [{ ...FUSE, path: '/dev/fuse' }];
      bundle.linux.resources['hugepageLimits'] = [{ pageSize: '2MB', limit: 4_194_304 }];
    });
    assert.equal(runtime.callDetached('run', '--detach', 'c1'), 0);
    const opened = (): string =>
      runtime.call('exec', 'c1', '/bin/sh', '-c', 'for name in null fuse; do (: <> /dev/$name) 2>/dev/null && echo $name; done').stdout;
    const update = (resources: object): void => {
      fs.writeFileSync(runtime.at('resources.json'), JSON.stringify(resources));
      assert.equal(runtime.call('update', '--resources', runtime.at('resources.json'), 'c1').stderr, '');
    };
    assert.equal(opened(), 'null\n');
    update({
      devices: [
        { allow: false, access: 'rwm' },
        { ...FUSE, allow: true, access: 'rw' },
      ],
    });
    assert.equal(opened(), 'null\nfuse\n');
    update({ pids: { limit: 9 } });
    assert.equal(opened(), 'null\nfuse\n');
    update({ devices: [{ ...FUSE, allow: true, access: 'r' }] });
    assert.equal(opened(), 'null\n');
    const { data } = JSON.parse(runtime.call('events', '--stats', 'c1').stdout) as { data: { hugetlb: Record<string, object> } };
    assert.deepEqual(data.hugetlb['2MB'], { usage: 0, max: 0, failcnt: 0 });
    assert.equal(runtime.call('delete', '--force', 'c1').status, 0);
  });

  test('features tells the truth: every mount option and hook that it names is taken', () => {
    const features = JSON.parse(runtime.call('features').stdout) as {
      hooks: string[];
      mountOptions: string[];
      linux: { namespaces: string[]; seccomp: { archs: string[]; supportedFlags: string[] } };
    };
    // The table of the runtime-spec 1.2, but for iversion, which the kernel takes of no file system any more.
    const ofSpec =
      'async atime bind defaults dev diratime dirsync exec idmap lazytime loud mand noatime nodev nodiratime noexec noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime remount rexec ridmap rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync tmpcopyup unbindable';
    assert.deepEqual(features.mountOptions.join(' '), ofSpec);
    const ofBind = ['bind', 'rbind', 'idmap', 'ridmap', 'remount'];
    const ofFileSystem = ['dirsync', 'lazytime', 'mand', 'sync', 'tmpcopyup'];
    for (const option of features.mountOptions) {
      shell('echo ran', (bundle) => {
        bundle.mounts.push(
          ofFileSystem.includes(option)
            ? { destination: '/tmp', type: 'tmpfs', options: [option] }
            : {
                destination: '/tmp',
                source: runtime.directory,
                options: ofBind.includes(option) && option !== 'remount' ? [option, 'bind'] : ['bind', option],
              },
        );
        const mapping = [{ containerID: 0, hostID: 0, size: 1000 }];
        if (option.endsWith('idmap')) Object.assign(bundle.mounts.at(-1) ?? {}, { uidMappings: mapping, gidMappings: mapping });
      });
      const { stdout, stderr } = runtime.call('run', 'c1');
      assert.deepEqual([stdout, stderr], ['ran\n', ''], option);
    }
    shell('echo ran', (bundle) => {
      bundle.linux['seccomp'] = {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: features.linux.seccomp.archs.filter((name) => /X86|X32/.test(name)),
        flags: features.linux.seccomp.supportedFlags.filter((flag) => !flag.includes('KILLABLE')),
      };
      bundle.hooks = Object.fromEntries(features.hooks.map((name) => [name, [{ path: '/bin/true' }]]));
      bundle.linux.namespaces = features.linux.namespaces.filter((type) => type !== 'user').map((type) => ({ type }));
    });
    const { stdout, stderr } = runtime.call('run', 'c1');
    assert.deepEqual([stdout, stderr], ['ran\n', '']);
  });
});
