// The default profile: what it must refuse, what it must allow, and that its blocks mean what the list says.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ALL_CAPABILITIES, capabilitiesOf, capabilitiesOfMask, DEFAULT_CAPABILITIES } from '../../../helper/policy/capabilities.js';
import { familyBlocks, seccompFor } from '../../../helper/policy/seccomp.js';
import { ALLOWED_CALLS, CALLS_BY_CAPABILITY, SOCKET_FAMILIES } from '../../../helper/policy/seccompProfile.js';
import { built, refused, root, spec } from './given.js';

const normal = seccompFor('x64', new Set(DEFAULT_CAPABILITIES));
const allowed = (profile: typeof normal) =>
  new Set(profile.syscalls.filter(({ action, args }) => action === 'SCMP_ACT_ALLOW' && args === undefined).flatMap(({ names }) => names));

test('refuses what reaches out of a container, allows what programs need', () => {
  const names = allowed(normal);
  const dangerous = `mount umount2 pivot_root move_mount open_tree fsopen setns unshare bpf perf_event_open keyctl add_key request_key kexec_load
    kexec_file_load init_module finit_module delete_module open_by_handle_at userfaultfd io_uring_setup io_uring_enter io_uring_register reboot swapon
    swapoff settimeofday clock_settime iopl ioperm acct quotactl syslog vhangup nfsservctl personality socket clone clone3 mbind move_pages pidfd_getfd`;
  for (const name of dangerous.split(/\s+/)) assert.equal(names.has(name), false, name);
  for (const name of 'read write openat execve fork vfork ptrace chroot futex epoll_wait landlock_restrict_self arch_prctl'.split(' ')) {
    assert.equal(names.has(name), true, name);
  }
});

test('a call is in one topic only', () => {
  const all = Object.values(ALLOWED_CALLS).flat();
  assert.equal(new Set(all).size, all.length);
  assert.equal(all.length, 364);
  for (const { names, capability } of CALLS_BY_CAPABILITY) {
    assert.ok(ALL_CAPABILITIES.includes(capability), capability);
    for (const name of names) assert.equal(all.includes(name), false, name);
  }
});

test('clone(2) may make no namespace, and clone3(2) is not there', () => {
  const clone = normal.syscalls.filter(({ names }) => names.includes('clone'));
  assert.deepEqual(clone, [{ names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] }]);
  assert.deepEqual(
    normal.syscalls.find(({ names }) => names.includes('clone3')),
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
  );
});

test('a capability brings its calls', () => {
  const names = allowed(seccompFor('x64', new Set(['CAP_SYS_ADMIN', 'CAP_SYS_TIME'])));
  for (const name of ['mount', 'clone', 'clone3', 'unshare', 'clock_settime']) assert.equal(names.has(name), true, name);
  for (const name of ['chroot', 'init_module']) assert.equal(names.has(name), false, name);
});

test('architectures, with those that the processor runs besides', () => {
  assert.deepEqual(normal.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
  assert.deepEqual(seccompFor('arm64', new Set()).architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
});

test('the same capabilities give the same text, in whatever order they come', () => {
  const reversed = new Set([...DEFAULT_CAPABILITIES].reverse());
  assert.equal(JSON.stringify(seccompFor('x64', reversed)), JSON.stringify(normal));
});

test('the blocks of socket families hold for exactly the families of the list', () => {
  const sets = [SOCKET_FAMILIES, [0], [1], [5, 6], [0, 1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 8], Array.from({ length: 64 }, (_, i) => i), [63]];
  for (const families of sets) {
    const blocks = familyBlocks(families);
    const passes = (n: number): boolean => blocks.some(({ value, valueTwo }) => (n & value) >>> 0 === valueTwo);
    for (let n = 0; n < 300; n += 1) assert.equal(passes(n), families.includes(n), `${n} of ${families.join()}`);
  }
  assert.equal(familyBlocks(SOCKET_FAMILIES).length < SOCKET_FAMILIES.length / 2, true);
  assert.deepEqual(
    [38, 40].filter((n) => SOCKET_FAMILIES.includes(n)),
    [],
    'AF_ALG, AF_VSOCK',
  );
});

test('capabilities: the default set, less what is dropped, plus what an admin adds', () => {
  const all = new Set(ALL_CAPABILITIES);
  assert.equal(capabilitiesOf(spec(), all).length, 14);
  assert.deepEqual(capabilitiesOf(spec({ capabilitiesDrop: ['ALL'] }), all), []);
  assert.equal(capabilitiesOf(spec({ capabilitiesDrop: ['NET_RAW', 'CAP_MKNOD'] }), all).length, 12);
  const added = built({ admin: { capabilitiesAdd: ['NET_ADMIN'] } }, { owner: root }).config.process.capabilities;
  assert.ok(added.effective.includes('CAP_NET_ADMIN'));
  assert.deepEqual([added.inheritable, added.ambient], [[], []]);
  assert.equal(capabilitiesOf(spec({ admin: { capabilitiesAdd: ['ALL'] }, capabilitiesDrop: ['SYS_ADMIN'] }), all).length, 40);
  assert.equal(refused({ capabilitiesDrop: ['NET_RAWR'] }).field, 'spec.capabilitiesDrop.0');
  assert.equal(refused({ admin: { capabilitiesAdd: ['CHOWN', 'ROOT'] } }, { owner: root }).field, 'spec.admin.capabilitiesAdd.1');
});

test('a mask of /proc/self/status names its capabilities', () => {
  assert.deepEqual([...capabilitiesOfMask('0000000000000003')], ['CAP_CHOWN', 'CAP_DAC_OVERRIDE']);
  assert.equal(capabilitiesOfMask('000001ffffffffff').size, 41);
  assert.equal(capabilitiesOfMask('000001fffeffffff').has('CAP_SYS_RESOURCE'), false);
});
