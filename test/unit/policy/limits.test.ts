// Limits of the wire as linux.resources, for a start and for an update; rlimits; sysctls.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Limits } from '../../../protocol/containers.js';
import { mergeLimits, resourcesOfUpdate, sharesOfWeight } from '../../../helper/policy/resources.js';
import { ann, built, host, refused, root } from './given.js';

const MIB = 2 ** 20;
const resources = (limits: Limits, change = {}) => {
  const { devices: _, ...rest } = built({ limits }, change).config.linux.resources;
  return rest;
};

test('what is absent is not limited, but the number of processes always is', () => {
  assert.deepEqual(resources({}), { pids: { limit: 2048 } });
});

test('each limit in its field and unit', () => {
  assert.deepEqual(resources({ memoryBytes: 64 * MIB }), { memory: { limit: 64 * MIB, swap: 128 * MIB }, pids: { limit: 2048 } });
  assert.deepEqual(resources({ memoryBytes: 64 * MIB, memorySwapBytes: -1, memoryReservationBytes: MIB, pids: 5 }), {
    memory: { limit: 64 * MIB, swap: -1, reservation: MIB },
    pids: { limit: 5 },
  });
  assert.deepEqual(resources({ cpus: 1.5, cpuWeight: 100, cpusetCpus: '0,2-3', cpusetMems: '0' }).cpu, {
    quota: 150_000,
    period: 100_000,
    shares: 1024,
    cpus: '0,2-3',
    mems: '0',
  });
  assert.equal(resources({ cpus: 0.01 }).cpu?.quota, 1000);
  assert.deepEqual(resources({ ioWeight: 1 }).blockIO, { weight: 10 });
});

test('throttles go by device number', () => {
  const devices = new Map([
    ['/dev/vda', { type: 'b', major: 254, minor: 0 }],
    ['/dev/null', { type: 'c', major: 1, minor: 3 }],
  ] as const);
  const limits = { ioDevices: [{ path: '/dev/vda', readBytesPerSecond: 1000, writeBytesPerSecond: 2000 }] };
  assert.deepEqual(resources(limits, { devices }).blockIO, {
    throttleReadBpsDevice: [{ major: 254, minor: 0, rate: 1000 }],
    throttleWriteBpsDevice: [{ major: 254, minor: 0, rate: 2000 }],
  });
  for (const path of ['/dev/null', '/dev/nothing', '/etc/passwd']) {
    assert.equal(refused({ limits: { ioDevices: [{ path, readBytesPerSecond: 1 }] } }, { devices }).field, 'spec.limits.ioDevices.0.path');
  }
});

test('where swap is not accounted for, no limit of it is written, and none can be asked for', () => {
  const noSwap = { host: { ...host, limitsSwap: false } };
  assert.deepEqual(resources({ memoryBytes: 64 * MIB }, noSwap).memory, { limit: 64 * MIB });
  assert.equal(refused({ limits: { memoryBytes: 64 * MIB, memorySwapBytes: 64 * MIB } }, noSwap).field, 'spec.limits.memorySwapBytes');
});

const impossible: readonly (readonly [Limits, string])[] = [
  [{ memorySwapBytes: 64 * MIB }, 'memorySwapBytes'],
  [{ memoryBytes: 64 * MIB, memorySwapBytes: 32 * MIB }, 'memorySwapBytes'],
  [{ memoryBytes: 64 * MIB, memoryReservationBytes: 65 * MIB }, 'memoryReservationBytes'],
  [{ cpus: 5 }, 'cpus'],
  [{ cpusetCpus: '0-4' }, 'cpusetCpus'],
  [{ cpusetCpus: '3-1' }, 'cpusetCpus'],
  [{ cpusetCpus: '0,,1' }, 'cpusetCpus'],
  [{ cpusetCpus: '-' }, 'cpusetCpus'],
  [{ cpusetCpus: '999999999999' }, 'cpusetCpus'],
];
for (const [limits, field] of impossible) {
  test(`refuses ${JSON.stringify(limits)}`, () => {
    const refusal = refused({ limits });
    assert.deepEqual([refusal.code, refusal.field], ['INVALID_PARAMS', `spec.limits.${field}`]);
  });
}

test('shares of weights: within range, in order; v1 keeps the default, v2 gets back the weight that was asked for', () => {
  for (const cgroup of ['v1', 'hybrid', 'v2'] as const) {
    const shares = Array.from({ length: 10_000 }, (_, i) => sharesOfWeight(i + 1, cgroup));
    assert.ok(shares.every((value, i) => value >= 2 && value <= 262_144 && (i === 0 || value >= shares[i - 1]!)));
  }
  assert.equal(sharesOfWeight(100, 'hybrid'), 1024);
  const weightOfShares = (shares: number) => 1 + Math.floor(((shares - 2) * 9999) / 262_142);
  for (let weight = 1; weight <= 10_000; weight += 1) assert.equal(weightOfShares(sharesOfWeight(weight, 'v2')), weight);
});

test('an update changes what it names, clears what is null, and leaves the rest', () => {
  const before: Limits = { memoryBytes: 64 * MIB, cpus: 1, pids: 50 };
  assert.deepEqual(mergeLimits(before, { cpus: null, pids: 60 }), { memoryBytes: 64 * MIB, pids: 60 });
  const update = (current: Limits, change: Limits) => resourcesOfUpdate(current, change, new Map([['/dev/vda', { type: 'b', major: 254, minor: 0 }]]), host);
  assert.deepEqual(update(before, { cpus: null, pids: 60 }), { cpu: { quota: -1, period: 100_000 }, pids: { limit: 60 } });
  assert.deepEqual(update(before, { memoryBytes: null }), { memory: { limit: -1, swap: -1 } });
  assert.deepEqual(update(before, { memoryBytes: 32 * MIB }), { memory: { limit: 32 * MIB, swap: 64 * MIB } });
  assert.deepEqual(update(before, { pids: null }), { pids: { limit: 2048 } });
  assert.deepEqual(update({}, { cpuWeight: null, cpusetCpus: null, cpusetMems: null }), { cpu: { shares: 1024, cpus: '', mems: '' } });
  assert.deepEqual(update({}, {}), {});
  const throttled = { ioDevices: [{ path: '/dev/vda', readBytesPerSecond: 5 }] };
  assert.deepEqual(update(throttled, { ioDevices: null }), {
    blockIO: { throttleReadBpsDevice: [{ major: 254, minor: 0, rate: 0 }], throttleWriteBpsDevice: [{ major: 254, minor: 0, rate: 0 }] },
  });
});

test('no core files and a sane number of open files, unless asked for otherwise', () => {
  assert.deepEqual(built().config.process.rlimits, [
    { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    { type: 'RLIMIT_NOFILE', soft: 1024, hard: 524_288 },
  ]);
  const few = built({}, { host: { ...host, maxOpenFiles: 512 } }).config.process.rlimits[1];
  assert.deepEqual(few, { type: 'RLIMIT_NOFILE', soft: 512, hard: 512 });
  const mine = built({ rlimits: [{ type: 'RLIMIT_CORE', soft: 1, hard: 2 }] }).config.process.rlimits;
  assert.deepEqual(
    mine.filter(({ type }) => type === 'RLIMIT_CORE'),
    [{ type: 'RLIMIT_CORE', soft: 1, hard: 2 }],
  );
});

test("rlimits that touch the host's memory or scheduler are bounded for a user, not for an admin", () => {
  const high = [
    { type: 'RLIMIT_RTPRIO', soft: 0, hard: 99 },
    { type: 'RLIMIT_NICE', soft: 0, hard: 40 },
    { type: 'RLIMIT_MEMLOCK', soft: 0, hard: 2 ** 40 },
  ];
  for (const rlimit of high) {
    assert.equal(refused({ rlimits: [rlimit] }).code, 'DENIED', rlimit.type);
    assert.ok(built({ rlimits: [rlimit] }, { owner: root }).config.process.rlimits.some(({ hard }) => hard === rlimit.hard));
  }
  assert.equal(refused({ rlimits: [{ type: 'RLIMIT_CORE', soft: 2, hard: 1 }] }).code, 'INVALID_PARAMS');
  assert.equal(refused({ rlimits: [{ type: 'RLIMIT_TOSTRING', soft: 0, hard: 1 }] }).code, 'INVALID_PARAMS');
});

test('oom score: a user can offer himself to the killer, not hide from it', () => {
  assert.equal(built({ oomScoreAdjustment: 500 }).config.process.oomScoreAdj, 500);
  assert.equal(refused({ oomScoreAdjustment: -1 }).code, 'DENIED');
  assert.equal(built({ oomScoreAdjustment: -1 }, { owner: root }).config.process.oomScoreAdj, -1);
});

for (const name of [
  'kernel.core_pattern',
  'kernel.modprobe',
  'vm.overcommit_memory',
  'fs.file-max',
  'kernel.hostname',
  'kernel.shmmax_',
  'user.max_user_namespaces',
  'abi.x',
]) {
  test(`the sysctl ${name} is the host's`, () => {
    for (const owner of [ann, root]) assert.equal(refused({ sysctls: { [name]: '1' } }, { owner }).field, `spec.sysctls.${name}`);
  });
}

test("sysctls of the container's own namespaces are taken", () => {
  const sysctls = { 'net.core.somaxconn': '99', 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '5', 'net.ipv4.ip_unprivileged_port_start': '80' };
  const { sysctl } = built({ sysctls }).config.linux;
  for (const [name, value] of Object.entries(sysctls)) assert.equal(sysctl?.[name], value);
  assert.equal(refused({ sysctls: { 'net.core.somaxconn': '9' }, admin: { hostNamespaces: ['network'] } }, { owner: root }).code, 'INVALID_PARAMS');
});

test('a spec is bounded as a whole, and its labels are', () => {
  const words = (count: number) => Array.from({ length: count }, () => 'x'.repeat(1000));
  built({ command: words(120) });
  assert.deepEqual([refused({ command: words(140) }).code, refused({ command: words(140) }).field], ['LIMIT', 'spec']);
  built({ labels: { a: 'x'.repeat(4000), b: 'x'.repeat(4000) } });
  assert.equal(refused({ labels: { a: 'x'.repeat(4000), b: 'x'.repeat(4000), c: 'x'.repeat(4000) } }).field, 'spec.labels');
  const sysctls = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`net.ipv4.a${i}`, '1']));
  assert.throws(() => built({ sysctls }), /at most 64/);
});
