// Roles and rules: who is who, and every method of the table against every role.
import assert from 'node:assert/strict';
import test from 'node:test';
import { authorize, authorizeSpec, givesPowerOverHost } from '../../../helper/policy/authorize.js';
import { DEFAULT_POLICY, parsePolicy, roleOf } from '../../../helper/policy/roles.js';
import { methods, type MethodName } from '../../../protocol/methods.js';
import { spec } from './given.js';

const user = { uid: 1000, role: 'user', isConfined: false } as const;
const admin = { uid: 0, role: 'admin', isConfined: false } as const;
const identity = (uid: number, gid = uid, groups: number[] = []) => ({ uid, gid, groups });

test('without a policy file root is admin and everybody else a user', () => {
  assert.equal(roleOf(DEFAULT_POLICY, identity(0)), 'admin');
  for (const uid of [1, 1000, 65_534, 4_000_000_000]) assert.equal(roleOf(DEFAULT_POLICY, identity(uid, 0, [0, 27])), 'user', 'a group of root makes no root');
});

test('a policy names admins and users by number, by own group and by supplementary group', () => {
  const policy = parsePolicy('{"version":1,"admins":{"uids":[1000],"gids":[27]},"users":{"gids":[100]}}');
  assert.equal(roleOf(policy, identity(1000)), 'admin');
  assert.equal(roleOf(policy, identity(1001, 27)), 'admin');
  assert.equal(roleOf(policy, identity(1001, 1001, [5, 27])), 'admin');
  assert.equal(roleOf(policy, identity(1001, 1001, [100])), 'user');
  assert.equal(roleOf(policy, identity(1001)), null);
  assert.equal(roleOf(policy, identity(0)), 'admin');
});

for (const text of [
  '',
  '{}',
  '[]',
  '{"version":2}',
  '{"version":1,"admin":{}}',
  '{"version":1,"admins":{"uids":["ann"]}}',
  '{"version":1,"users":"all"}',
  '{"version":1,"admins":{"uids":[-1]}}',
]) {
  test(`the policy ${JSON.stringify(text)} is an error, not a permission`, () => {
    assert.throws(() => parsePolicy(text));
  });
}

/** Params that each method takes, where none would not do. */
const params: Partial<Record<MethodName, unknown>> = { 'container/create': { spec: spec() }, 'system/audit': { tail: 1 } };

test('who sees other files than the helper can neither mount folders nor have power over the host, and everything else', () => {
  const bind = spec({
    mounts: [
      { type: 'tmpfs', target: '/t' },
      { type: 'bind', source: '/home/ann', target: '/work' },
    ],
  });
  const mighty = spec({ admin: { privileged: true } });
  for (const asker of [user, admin]) {
    const confined = { ...asker, isConfined: true };
    const refusal = authorize(confined, 'container/create', { spec: bind });
    assert.deepEqual([refusal?.code, refusal?.field], ['DENIED', 'spec.mounts.1']);
    assert.match(refusal?.reason ?? '', /snap/);
    assert.equal(authorize(asker, 'container/create', { spec: bind }), null);
    assert.equal(authorize(confined, 'container/create', { spec: mighty })?.code, 'DENIED');
    assert.equal(authorize(confined, 'container/create', { spec: spec({ mounts: [{ type: 'tmpfs', target: '/t' }] }) }), null);
    for (const name of Object.keys(methods) as MethodName[]) assert.equal(authorize(confined, name, (params[name] ?? {}) as never), null, name);
  }
});

test('the matrix of methods and roles is what was agreed on', () => {
  const matrix = Object.keys(methods).map((name) => {
    const method = name as MethodName;
    const verdict = (asker: typeof user | typeof admin) => (authorize(asker, method, (params[method] ?? {}) as never) === null ? 'yes' : 'no');
    return `${method} user:${verdict(user)} admin:${verdict(admin)} ${methods[method].mutates ? 'audited' : ''}`.trim();
  });
  assert.deepEqual(matrix, AGREED);
});

const AGREED = [
  'system/info user:yes admin:yes',
  'system/ping user:yes admin:yes',
  'system/audit user:yes admin:yes',
  'container/create user:yes admin:yes audited',
  'container/start user:yes admin:yes audited',
  'container/stop user:yes admin:yes audited',
  'container/restart user:yes admin:yes audited',
  'container/kill user:yes admin:yes audited',
  'container/pause user:yes admin:yes audited',
  'container/unpause user:yes admin:yes audited',
  'container/rename user:yes admin:yes audited',
  'container/remove user:yes admin:yes audited',
  'container/inspect user:yes admin:yes',
  'container/list user:yes admin:yes',
  'container/wait user:yes admin:yes',
  'container/exec user:yes admin:yes audited',
  'container/attach user:yes admin:yes audited',
  'container/resize user:yes admin:yes audited',
  'container/logs user:yes admin:yes',
  'container/stats user:yes admin:yes',
  'container/top user:yes admin:yes',
  'container/prune user:yes admin:yes audited',
  'container/update user:yes admin:yes audited',
  'container/commit user:yes admin:yes audited',
  'container/export user:yes admin:yes',
  'image/upload user:yes admin:yes audited',
  'image/import user:yes admin:yes audited',
  'image/list user:yes admin:yes',
  'image/inspect user:yes admin:yes',
  'image/remove user:yes admin:yes audited',
  'image/pull user:yes admin:yes audited',
  'image/cancelPull user:yes admin:yes audited',
  'image/push user:yes admin:yes audited',
  'image/save user:yes admin:yes',
  'image/prune user:yes admin:yes audited',
  'image/usage user:yes admin:yes',
  'registry/tags user:yes admin:yes',
  'registry/repositories user:yes admin:yes',
  'registry/login user:yes admin:yes',
  'image/tag user:yes admin:yes audited',
  'events/subscribe user:yes admin:yes',
];

test('every admin option is denied to a user, by its name', () => {
  const options = {
    privileged: true,
    hostNamespaces: ['network'],
    capabilitiesAdd: ['SYS_ADMIN'],
    devices: [{ path: '/dev/kvm' }],
    seccomp: 'unconfined',
  } as const;
  for (const [name, value] of Object.entries(options)) {
    const asked = spec({ admin: { [name]: value } });
    assert.deepEqual([authorizeSpec(user, asked)?.code, authorizeSpec(user, asked)?.field], ['DENIED', `spec.admin.${name}`]);
    assert.equal(authorize(user, 'container/create', { spec: asked })?.code, 'DENIED');
    assert.equal(authorize(admin, 'container/create', { spec: asked }), null);
    assert.equal(givesPowerOverHost({ spec: asked }), true);
  }
  assert.equal(authorizeSpec(user, spec({ admin: { privileged: false } }))?.code, 'DENIED');
  assert.equal(givesPowerOverHost({ spec: spec() }), false);
});

test("another's audit records are an admin's to read", () => {
  assert.equal(authorize(user, 'system/audit', { tail: 1, uid: 1001 })?.code, 'DENIED');
  assert.equal(authorize(user, 'system/audit', { tail: 1, uid: 0 })?.code, 'DENIED');
  assert.equal(authorize(user, 'system/audit', { tail: 1, uid: 1000 }), null);
  assert.equal(authorize(admin, 'system/audit', { tail: 1, uid: 1000 }), null);
});
