// The OCI config that the policy writes: whole, for a user and for root, and then property by property.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { inRepository } from '../../support/repository.js';
import { accounts, ann, built, host, ID, image, refused, root } from './given.js';

for (const [name, owner] of [
  ['user', ann],
  ['root', root],
] as const) {
  test(`the whole config of a ${name}'s container is as test/fixtures/oci/${name}.json has it`, () => {
    const { config } = built(
      {
        command: ['sleep', '60'],
        environment: ['LANG=de_DE.UTF-8', 'TOKEN=x=y'],
        terminal: true,
        mounts: [
          { type: 'bind', source: '/home/ann/work', target: '/srv/deep' },
          { type: 'tmpfs', target: '/work', sizeBytes: 1_048_576 },
          { type: 'bind', source: '/etc/hosts', target: '/etc/hosts', readOnly: true },
        ],
        limits: { memoryBytes: 64 * 2 ** 20, cpus: 1.5, cpuWeight: 50, pids: 100, cpusetCpus: '0-1' },
        capabilitiesDrop: ['NET_RAW'],
      },
      { owner },
    );
    const file = inRepository('test', 'fixtures', 'oci', `${name}.json`);
    if (process.env['BULKHEAD_UPDATE_GOLDEN'] === '1') fs.writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
    assert.deepEqual(JSON.parse(JSON.stringify(config)), JSON.parse(fs.readFileSync(file, 'utf8')));
  });
}

test("a user's container is never on the host's ids, shares no namespace, and gains no privileges", () => {
  for (const input of [{}, { terminal: true }, { readOnlyRoot: true }, { user: 'root' }, { limits: { pids: 1 } }]) {
    const { config, idMap, noSuid } = built(input);
    const types = config.linux.namespaces.map(({ type }) => type).sort();
    assert.deepEqual(types, ['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts']);
    assert.ok(config.linux.namespaces.every((namespace) => !('path' in namespace)));
    for (const mapping of [...idMap!.uids, ...idMap!.gids]) assert.deepEqual(mapping, { containerID: 0, hostID: 100_000, size: 65_536 });
    assert.equal(config.process.noNewPrivileges, true);
    assert.equal(noSuid, true);
    assert.equal(config.linux.seccomp?.defaultAction, 'SCMP_ACT_ERRNO');
    assert.ok(config.linux.maskedPaths.includes('/proc/kcore'));
    assert.ok(config.linux.readonlyPaths.includes('/proc/sys'));
  }
});

test('no bind of a user is recursive, and each is nosuid and nodev; the index of each is right', () => {
  const { config, binds } = built({
    mounts: [
      { type: 'tmpfs', target: '/z/y/x' },
      { type: 'bind', source: '/home/ann', target: '/a/b' },
      { type: 'bind', source: '/srv', target: '/a', readOnly: true },
    ],
  });
  assert.deepEqual(
    binds.map(({ source, access }) => [source, access]),
    [
      ['/srv', 'read'],
      ['/home/ann', 'write'],
    ],
  );
  for (const { index, source, access } of binds) {
    const mount = config.mounts[index]!;
    assert.equal(mount.source, source);
    assert.equal(mount.type, 'bind');
    for (const option of ['bind', 'rprivate', 'nosuid', 'nodev', access === 'read' ? 'ro' : 'rw']) assert.ok(mount.options.includes(option), option);
    assert.ok(!mount.options.includes('rbind'));
  }
  const order = config.mounts.map(({ destination }) => destination);
  assert.ok(order.indexOf('/a') < order.indexOf('/a/b'), 'parents first');
  assert.ok(order.indexOf('/dev') < order.indexOf('/dev/shm'));
});

test('a tmpfs of the spec takes the place of the default one', () => {
  const { config } = built({ mounts: [{ type: 'tmpfs', target: '/dev/shm/', sizeBytes: 4096 }] });
  const shm = config.mounts.filter(({ destination }) => destination === '/dev/shm');
  assert.equal(shm.length, 1);
  assert.ok(shm[0]!.options.includes('size=4096'));
});

const badTargets = ['/', '/proc', '/proc/', '//proc/self', '/proc/sys/kernel', '/sys', '/sys/fs/cgroup', '/./sys', '/dev', '/dev/pts/0', '/a/../proc', '/..'];
for (const target of badTargets) {
  test(`a mount can't cover ${target}`, () => {
    assert.deepEqual(
      [refused({ mounts: [{ type: 'tmpfs', target }] }).code, refused({ mounts: [{ type: 'tmpfs', target }] }).field],
      ['INVALID_PARAMS', 'spec.mounts.0.target'],
    );
  });
}

test('two mounts need two targets', () => {
  const refusal = refused({
    mounts: [
      { type: 'tmpfs', target: '/a' },
      { type: 'tmpfs', target: '/a//' },
    ],
  });
  assert.equal(refusal.field, 'spec.mounts.1.target');
});

test('arguments: the spec wins, and an entrypoint of its own takes the image’s command away', () => {
  const withBoth = { ...image, entrypoint: ['/entry'], command: ['default'] };
  const args = (input: object) => built(input, { image: withBoth }).config.process.args;
  assert.deepEqual(args({}), ['/entry', 'default']);
  assert.deepEqual(args({ command: ['x'] }), ['/entry', 'x']);
  assert.deepEqual(args({ entrypoint: ['/mine'] }), ['/mine']);
  assert.deepEqual(args({ entrypoint: [], command: ['x'] }), ['x']);
  assert.equal(refused({ entrypoint: [] }, { image: withBoth }).field, 'spec.command');
  assert.equal(refused({ command: [''] }).field, 'spec.command');
});

test('environment: defaults, then the image, then the spec; each name once', () => {
  const { env } = built({ environment: ['LANG=x', 'A=1', 'A=2', 'HOSTNAME=h'], terminal: true }).config.process;
  assert.deepEqual(env, ['PATH=/bin', 'HOSTNAME=h', 'TERM=xterm', 'LANG=x', 'A=2']);
  assert.ok(built({}, { image: { ...image, environment: [] } }).config.process.env[0]!.startsWith('PATH=/usr/local/sbin:'));
});

test('the hostname is the first twelve digits of the id, unless the spec or the host names it', () => {
  assert.equal(built().config.hostname, ID.slice(0, 12));
  assert.equal(built({ hostname: 'web' }).config.hostname, 'web');
  assert.equal(built({ admin: { hostNamespaces: ['uts'] } }, { owner: root }).config.hostname, undefined);
});

test('the user comes from the spec, else the image, and is looked up in the container', () => {
  assert.equal(built().user, null);
  assert.equal(built({}, { image: { ...image, user: 'www:www' } }).user, 'www:www');
  assert.equal(built({ user: '1:2' }, { image: { ...image, user: 'www' } }).user, '1:2');
});

test("labels of the image and the spec never reach the runtime's config", () => {
  const text = JSON.stringify(built({ labels: { 'org.systemd.property.X': "'1'" } }).config);
  assert.doesNotMatch(text, /run\.oci|org\.systemd|annotations/);
});

test('privileged: an admin gets what the helper has, and no masks; nobody else gets anything of it', () => {
  const { config, idMap } = built({ admin: { privileged: true } }, { owner: root });
  assert.equal(config.process.capabilities.bounding.length, 41);
  assert.deepEqual([config.linux.maskedPaths, config.linux.readonlyPaths, config.linux.seccomp], [[], [], undefined]);
  assert.deepEqual(config.linux.resources.devices, [{ allow: true, access: 'rwm' }]);
  assert.equal(idMap, null);
  assert.deepEqual([refused({ admin: { privileged: true } }).code, refused({ admin: {} }).code], ['DENIED', 'DENIED']);
});

test('a privileged container gets no capability that the helper itself lacks', () => {
  const { capabilities } = built({ admin: { privileged: true } }, { owner: root, host: hostWithout('CAP_SYS_RESOURCE') }).config.process;
  assert.equal(capabilities.bounding.includes('CAP_SYS_RESOURCE'), false);
  assert.equal(capabilities.bounding.length, 40);
});

test('an admin who is not root has a user namespace too, unless he asks for the host’s', () => {
  const admin = { ...ann, role: 'admin' } as const;
  assert.notEqual(built({}, { owner: admin }).idMap, null);
  assert.equal(built({ admin: { hostNamespaces: ['user'] } }, { owner: admin }).idMap, null);
  assert.equal(refused({}, { owner: admin, accounts: { ...accounts, subuid: '' } }).code, 'DENIED');
});

test('host namespaces are left out, and sysfs is bound where it could not be mounted', () => {
  const admin = { ...ann, role: 'admin' } as const;
  const { config } = built({ admin: { hostNamespaces: ['network', 'pid'] } }, { owner: admin });
  assert.deepEqual(config.linux.namespaces.map(({ type }) => type).sort(), ['cgroup', 'ipc', 'mount', 'user', 'uts']);
  assert.equal(config.mounts.find(({ destination }) => destination === '/sys')?.type, 'bind');
  assert.equal(config.linux.sysctl, undefined);
});

test('devices of an admin: a node, and the right to it', () => {
  const devices = new Map([['/dev/kvm', { type: 'c', major: 10, minor: 232 }]] as const);
  const { config } = built({ admin: { devices: [{ path: '/dev/kvm', access: 'rw' }] } }, { owner: root, devices });
  assert.deepEqual(config.linux.devices, [{ path: '/dev/kvm', type: 'c', major: 10, minor: 232, fileMode: 0o660, uid: 0, gid: 0 }]);
  assert.deepEqual(config.linux.resources.devices!.at(-1), { allow: true, type: 'c', major: 10, minor: 232, access: 'rw' });
  assert.equal(refused({ admin: { devices: [{ path: '/dev/nothing' }] } }, { owner: root }).field, 'spec.admin.devices.0.path');
});

test('everything else is denied by the devices controller before anything is allowed', () => {
  const [first, ...rest] = built().config.linux.resources.devices!;
  assert.deepEqual(first, { allow: false, access: 'rwm' });
  assert.ok(rest.every((rule) => rule.allow && (rule.type === 'c' || rule.access === 'm')));
  assert.ok(
    rest.every((rule) => rule.access === 'm' || rule.major !== undefined),
    'no class of devices as a whole',
  );
});

function hostWithout(capability: string): typeof host {
  return { ...host, capabilities: new Set([...host.capabilities].filter((name) => name !== capability)) };
}
