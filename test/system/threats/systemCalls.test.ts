// What of the kernel a container reaches under the default filter: the classes of CVE-2022-0185, CVE-2021-22555, CVE-2024-1086,
// CVE-2022-0847 and their kin begin with a call that is not there.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { ALL_CAPABILITIES } from '../../../helper/policy/capabilities.js';
import { seccompFor } from '../../../helper/policy/seccomp.js';
import { battle, withCapabilities, type Bundle } from './support/arena.js';

const EPERM = 1;
const ENOSYS = 38;
/** What int 0x80 gives where the kernel has no 32-bit table. */
const SEGMENTATION_FAULT = -11;
/** CLONE_NEWUSER, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWPID, NEWNET. */
const NAMESPACE_FLAGS = [0x10000000, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000];

/** Doors to kernel bugs, and to the host, whatever else the profile allows. */
const SHUT =
  `acct add_key bpf clock_settime create_module delete_module finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register
  io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl lookup_dcookie mount mount_setattr move_mount move_pages nfsservctl
  open_by_handle_at open_tree perf_event_open personality pivot_root process_vm_readv process_vm_writev ptrace query_module quotactl quotactl_fd reboot
  request_key setdomainname sethostname setns settimeofday socket swapoff swapon syslog sysfs umount2 unshare uselib userfaultfd ustat vhangup vmsplice`
    .split(/\s+/)
    .filter((name) => !['ptrace', 'process_vm_readv', 'process_vm_writev', 'vmsplice'].includes(name));

/** Waits for all disks; or returns into a stack that is no longer there. */
const NOT_TRIED = new Set(['sync', 'vfork']);

battle('system calls', { attackers: ['systemCalls'] }, (arena) => {
  /** Names and numbers of a table, as this machine's headers have them. */
  function tableOf(header: string): Map<string, number> {
    const text = execFileSync('g++', ['-dM', '-E', '-x', 'c++', '-'], { input: `#include <asm/${header}>\n`, encoding: 'utf8' });
    const found = [...text.matchAll(/^#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)\)?$/gm)];
    return new Map(found.map(([, name = '', number = '']) => [name, Number(number)]));
  }

  /** errno of each call, or -signal. */
  function outcomes(
    table: 'x64' | 'x32' | 'i386' | 'socket' | 'clone',
    numbers: Iterable<number>,
    change: (bundle: Bundle) => void = () => undefined,
  ): Map<number, number> {
    const { status, stdout, stderr } = arena().runCommand(['/bin/systemCalls', table, ...[...numbers].map(String)], change);
    assert.equal(status, 0, stderr);
    return new Map(
      [...stdout.matchAll(/^(\d+) (signal )?(\d+)$/gm)].map(([, number, signal, value]) => [Number(number), Number(value) * (signal === undefined ? 1 : -1)]),
    );
  }

  /** Every right that there is: what is refused then is refused by the filter. Its own user namespace keeps the host out of it. */
  const withAllRights = (bundle: Bundle): void => {
    withCapabilities(bundle, ...ALL_CAPABILITIES);
    bundle.linux.namespaces.push({ type: 'user' });
    const mapping = [{ containerID: 0, hostID: 200_000, size: 65_536 }];
    Object.assign(bundle.linux, { uidMappings: mapping, gidMappings: mapping });
    bundle.linux['seccomp'] = seccompFor('x64', new Set());
  };

  test('T-R20: the filter is in force, and nothing gives rights back', () => {
    const { stdout } = arena().run('grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status');
    assert.equal(stdout, 'NoNewPrivs:\t1\nSeccomp:\t2\n');
  });

  test('T-R20: what the profile does not name is refused, whatever rights its caller has', () => {
    const table = tableOf('unistd_64.h');
    const numbers = new Map([...table].filter(([name]) => !NOT_TRIED.has(name)));
    const profile = seccompFor('x64', new Set());
    const named = new Set(profile.syscalls.flatMap(({ names }) => names));
    const found = outcomes('x64', numbers.values(), withAllRights);
    const expected = [...numbers].filter(([name]) => !named.has(name)).map(([name]) => name);
    assert.ok(expected.length > 50, 'a profile that names nearly everything');
    assert.deepEqual(
      expected.filter((name) => found.get(numbers.get(name) ?? -1) !== EPERM),
      [],
    );
    const open = SHUT.filter((name) => numbers.has(name) && found.get(numbers.get(name) ?? -1) !== EPERM);
    assert.deepEqual(open, []);
    assert.equal(found.get(table.get('clone3') ?? -1), ENOSYS);
  });

  test('T-R20: nor is there another way to call: x32 and the 32-bit table', () => {
    const x32 = outcomes('x32', tableOf('unistd_64.h').values(), withAllRights);
    assert.deepEqual(new Set([...x32.values()].filter((outcome) => ![EPERM, ENOSYS, -31].includes(outcome))), new Set());
    const table = tableOf('unistd_32.h');
    // All bits set, in 32 of them, is personality(2)'s question which one it is: that may be asked.
    const numbers = SHUT.filter((name) => name !== 'personality').flatMap((name) => table.get(name) ?? []);
    assert.ok(numbers.length > 30);
    const refused = outcomes('i386', numbers, withAllRights);
    assert.deepEqual(new Set(refused.values()), new Set([...refused.values()].includes(SEGMENTATION_FAULT) ? [SEGMENTATION_FAULT] : [EPERM]));
  });

  test('T-R20: no new namespaces, and no sockets of the kernel’s odder families', () => {
    assert.deepEqual(new Set(outcomes('clone', NAMESPACE_FLAGS, withAllRights).values()), new Set([EPERM]));
    assert.deepEqual([...outcomes('clone', [0]).values()], [0]);
    const { AF_ALG, AF_VSOCK } = { AF_ALG: 38, AF_VSOCK: 40 };
    assert.deepEqual([...outcomes('socket', [AF_ALG, AF_VSOCK], withAllRights).values()], [EPERM, EPERM]);
  });

  /** A profile that asks whoever listens at `socket` about mkdir. */
  const asking =
    (socket: string) =>
    (bundle: Bundle): void => {
      bundle.root.readonly = false;
      const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }];
      bundle.linux['seccomp'] = { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: socket, syscalls };
    };

  test('T-R21: without somebody who listens there is no container', () => {
    const { status, stdout } = arena().run('echo ran', asking(arena().runtime.at('nobody.sock')));
    assert.deepEqual([status, stdout], [1, '']);
  });

  test('T-R21: when the listener goes the call is not there, and nothing waits for it; its descriptor is nowhere inside', async () => {
    const socket = arena().runtime.at('leaving.sock');
    // What was passed with the message goes with the connection.
    const server = net.createServer((connection) => connection.on('data', () => connection.destroy())).listen(socket);
    await once(server, 'listening');
    try {
      const script = 'sleep 0.3; mkdir /tmp/x 2>&1; ls -l /proc/self/fd /proc/1/fd | grep -c seccomp';
      arena().runtime.configure(['/bin/sh', '-c', script], asking(socket));
      const child = spawn(arena().runtime.program, arena().runtime.words(['run', 'c1']), { stdio: ['ignore', 'pipe', 'inherit'] });
      // One that waits for ever is ended by force, and says nothing.
      const patience = setTimeout(() => arena().remove(), 10_000);
      const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
      clearTimeout(patience);
      assert.match(output, /^mkdir: .*: Function not implemented\n0\n$/);
    } finally {
      server.close();
    }
  });
});
