// Who is let in, as whom, and what he gets: every method of the table for every role, over a real socket, by processes of other uids.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { methods, type MethodName } from '../../protocol/methods.js';
import { callAs, run, type Answer, type Asked } from '../support/callAs.js';
import { sharedHelper } from '../support/sharedHelper.js';
import { requires } from '../support/world.js';

const world = ['root', 'native', 'helper'] as const;
const shared = sharedHelper(world);

const ROOT = { uid: 0, gid: 0 };
const ANN = { uid: 61_001, gid: 61_001 };
const BOB = { uid: 61_002, gid: 61_002 };

const code = (answer: Answer | undefined): string => answer?.error?.data.code ?? 'ok';
const as = (identity: typeof ROOT & { groups?: readonly number[] }, ...asked: readonly Asked[]) => callAs(identity, shared.helper.socketPath, ...asked);

/** Params by which each method says who may, and changes nothing: no such container, no such image. */
const PARAMS: Readonly<Record<MethodName, object>> = {
  'system/info': {},
  'system/ping': {},
  'system/audit': {},
  'container/create': { spec: { image: 'no-such-image' } },
  'container/start': { container: 'nobody' },
  'container/stop': { container: 'nobody' },
  'container/restart': { container: 'nobody' },
  'container/kill': { container: 'nobody' },
  'container/pause': { container: 'nobody' },
  'container/unpause': { container: 'nobody' },
  'container/rename': { container: 'nobody', name: 'somebody' },
  'container/remove': { container: 'nobody' },
  'container/inspect': { container: 'nobody' },
  'container/list': {},
  'container/wait': { container: 'nobody' },
  'container/exec': { container: 'nobody', command: ['true'] },
  'container/attach': { container: 'nobody' },
  'container/resize': { container: 'nobody', size: { rows: 1, columns: 1 } },
  'container/logs': { container: 'nobody' },
  'container/stats': { container: 'nobody' },
  'container/top': { container: 'nobody' },
  'container/prune': {},
  'container/update': { container: 'nobody', limits: {} },
  'container/commit': { container: 'nobody' },
  'container/export': { container: 'nobody' },
  'image/upload': {},
  'image/import': { upload: '0'.repeat(64) },
  'image/list': {},
  'image/inspect': { image: 'no-such-image' },
  'image/remove': { image: 'no-such-image' },
  'image/pull': { references: ['UPPER/CASE'] },
  'image/cancelPull': { id: '0'.repeat(32) },
  'image/push': { image: 'no-such-image' },
  'image/save': { images: ['no-such-image'] },
  'image/prune': { dryRun: true },
  'image/usage': {},
  'registry/tags': { repository: 'UPPER/CASE', access: { registry: 'localhost' } },
  'registry/repositories': { access: { registry: 'localhost:1' } },
  'registry/login': { access: { registry: 'localhost:1' } },
  'image/tag': { image: 'no-such-image', reference: 'x' },
  'events/subscribe': {},
};
const FOR_ALL: readonly MethodName[] = [
  'system/info',
  'system/ping',
  'system/audit',
  'container/list',
  'container/prune',
  'image/upload',
  'image/list',
  'image/prune',
  'image/usage',
  'events/subscribe',
];
/** Those whose params name nothing that could be missing. */
const OTHERWISE: Partial<Record<MethodName, string>> = {
  'image/pull': 'INVALID_PARAMS',
  'registry/tags': 'INVALID_PARAMS',
  'registry/repositories': 'REGISTRY',
  'registry/login': 'REGISTRY',
};

test('every method, for root, for a user, and for whom the policy does not admit', requires(...world), async () => {
  const names = Object.keys(methods) as MethodName[];
  const asked = names.map((name) => [name, PARAMS[name]] as const);
  const expected = names.map((name) => `${name} ${OTHERWISE[name] ?? (FOR_ALL.includes(name) ? 'ok' : 'NOT_FOUND')}`);
  for (const identity of [ROOT, ANN]) {
    const answers = await as(identity, ...asked);
    assert.deepEqual(
      answers.map((answer, i) => `${names[i] ?? ''} ${code(answer)}`),
      expected,
      `uid ${identity.uid}`,
    );
  }
  await withPolicy({ version: 1, users: { uids: [BOB.uid] } }, async () => {
    const answers = await as(ANN, ...asked);
    assert.deepEqual(new Set(answers.map(code)), new Set(['DENIED']));
    assert.match(answers[0]?.error?.data.reason ?? '', /the policy does not admit uid 61001/);
    assert.equal(code((await as(BOB, ['system/ping', {}]))[0]), 'ok');
  });
});

test('the role comes from the uid that the kernel names', requires(...world), async () => {
  const caller = async (identity: typeof ROOT & { groups?: readonly number[] }) => (await as(identity, ['system/info', {}]))[0]?.result?.['caller'];
  assert.deepEqual(await caller(ROOT), { uid: 0, role: 'admin' });
  assert.deepEqual(await caller(ANN), { uid: 61_001, role: 'user' });
  assert.deepEqual(await caller({ uid: 4_000_000_000, gid: 4_000_000_000 }), { uid: 4_000_000_000, role: 'user' }, 'beyond 2^31');
  assert.deepEqual(await caller({ uid: 61_001, gid: 0, groups: [0, 27] }), { uid: 61_001, role: 'user' }, "root's groups are not root");
});

test('a policy makes admins by uid and by group, at once, and a broken one admits root alone', requires(...world), async () => {
  const role = async (identity: typeof ROOT & { groups?: readonly number[] }) => {
    const [answer] = await as(identity, ['system/info', {}]);
    return (answer?.result?.['caller'] as { role: string } | undefined)?.role ?? code(answer);
  };
  await withPolicy({ version: 1, admins: { uids: [61_001], gids: [61_100] } }, async () => {
    assert.deepEqual([await role(ANN), await role(BOB), await role({ ...BOB, groups: [61_100] })], ['admin', 'user', 'admin']);
  });
  assert.equal(await role(ANN), 'user', 'the file is gone');
  await withPolicy('{"version":1,"admins":{"uids":["ann"]}}', async () => {
    assert.deepEqual([await role(ANN), await role(ROOT)], ['DENIED', 'admin']);
  });
});

test('what gives power over the host is denied to a user by its name, and looked at for an admin', requires(...world), async () => {
  const wishes = {
    privileged: true,
    hostNamespaces: ['pid'],
    capabilitiesAdd: ['SYS_ADMIN'],
    devices: [{ path: '/dev/kvm' }],
    seccomp: 'unconfined',
  };
  for (const [name, value] of Object.entries(wishes)) {
    const asked: Asked = ['container/create', { spec: { image: 'no-such-image', admin: { [name]: value } } }];
    const [denied] = await as(ANN, asked);
    assert.deepEqual([code(denied), denied?.error?.data.field], ['DENIED', `spec.admin.${name}`]);
    assert.equal(code((await as(ROOT, asked))[0]), 'NOT_FOUND', 'only the image is missing');
  }
});

test('root of a user namespace of his own is let in by nobody', requires(...world, 'user-namespaces'), async () => {
  const [answer] = await run(['unshare', '--user', '--map-root-user'], shared.helper.socketPath, [['system/info', {}]]);
  assert.equal(code(answer), 'DENIED');
  assert.match(answer?.error?.data.reason ?? '', /another user namespace/);
  const asAnn = ['setpriv', '--reuid=61001', '--regid=61001', '--clear-groups', 'unshare', '--user', '--map-root-user'];
  assert.equal(code((await run(asAnn, shared.helper.socketPath, [['system/info', {}]]))[0]), 'DENIED');
});

test('root in a pid namespace of its own, as in a container without a user namespace, is let in by nobody', requires(...world), async () => {
  const [answer] = await run(['unshare', '--pid', '--fork', '--mount-proc'], shared.helper.socketPath, [['system/info', {}]]);
  assert.equal(code(answer), 'DENIED');
  assert.match(answer?.error?.data.reason ?? '', /another pid namespace/);
});

test('who sees other files than the helper (a snap, ProtectHome=) has containers, but mounts no folder', requires(...world), async () => {
  const bind = { spec: { image: 'no-such-image', mounts: [{ type: 'bind', source: '/home', target: '/home' }] } };
  const asked: readonly Asked[] = [
    ['system/info', {}],
    ['container/list', {}],
    ['container/create', bind],
    ['container/create', { spec: { image: 'no-such-image' } }],
    ['container/create', { spec: { image: 'no-such-image', admin: { privileged: true } } }],
  ];
  const asAnn = ['setpriv', '--reuid=61001', '--regid=61001', '--clear-groups'];
  const confined = await run(['unshare', '--mount', ...asAnn], shared.helper.socketPath, asked);
  assert.deepEqual(confined.map(code), ['ok', 'ok', 'DENIED', 'NOT_FOUND', 'DENIED']);
  assert.match(confined[2]?.error?.data.reason ?? '', /mount namespace or root directory of its own/);
  assert.equal(confined[2]?.error?.data.field, 'spec.mounts.0');
  const asRoot = await run(['unshare', '--mount'], shared.helper.socketPath, asked);
  assert.deepEqual(asRoot.map(code), ['ok', 'ok', 'DENIED', 'NOT_FOUND', 'DENIED']);
  const free = await as(ANN, ...asked);
  assert.deepEqual(free.map(code), ['ok', 'ok', 'NOT_FOUND', 'NOT_FOUND', 'DENIED']);
});

test("a user reads the records of what he did and was denied, nobody else's; root reads everybody's", requires(...world), async () => {
  const secret = 'PASSWORD=hunter2';
  const spec = { image: 'no-such-image', environment: [secret] };
  await as(ANN, ['container/create', { spec }], ['container/create', { spec: { ...spec, admin: { privileged: true } } }]);
  const [mine] = await as(ANN, ['system/audit', { tail: 3 }]);
  const [others] = await as(ANN, ['system/audit', { uid: BOB.uid }]);
  const records = mine?.result?.['records'] as { phase: string; method: string; uid: number; outcome?: string; reason?: string }[];
  assert.ok(records.every(({ method, uid }) => method === 'container/create' && uid === ANN.uid));
  assert.deepEqual(records.map(({ phase }) => phase).sort(), ['begin', 'denied', 'end']);
  assert.deepEqual(new Set(records.map(({ outcome }) => outcome)), new Set([undefined, 'NOT_FOUND', 'DENIED']));
  assert.match(records.find(({ phase }) => phase === 'denied')?.reason ?? '', /privileged/);
  assert.equal(code(others), 'DENIED');
  const [byRoot] = await as(ROOT, ['system/audit', { uid: ANN.uid }]);
  assert.equal(code(byRoot), 'ok');
  assert.doesNotMatch(JSON.stringify([mine, byRoot]), /hunter2/);
  assert.doesNotMatch(fs.readFileSync(path.join(shared.helper.directory, 'data/audit', `${ANN.uid}.jsonl`), 'utf8'), /hunter2/);
  assert.doesNotMatch(fs.readFileSync(path.join(shared.helper.directory, 'helper.log'), 'utf8'), /hunter2/);
});

test('nothing on the disk is for anybody but root', requires(...world), () => {
  const script = `const fs = require('node:fs');
    const closed = process.argv.slice(1).map((place) => { try { fs.readdirSync(place); return place; } catch (error) { return error.code; } });
    process.stdout.write(JSON.stringify(closed));`;
  const places = ['data', 'data/audit', 'data/containers', 'data/images', 'data/layers', 'state/containers'].map((name) =>
    path.join(shared.helper.directory, name),
  );
  const found = execFileSync('setpriv', ['--reuid=61001', '--regid=61001', '--clear-groups', process.execPath, '-e', script, ...places], { encoding: 'utf8' });
  assert.deepEqual(
    JSON.parse(found),
    places.map(() => 'EACCES'),
  );
});

/** Runs `work` under a policy file, which is gone again after it. */
async function withPolicy(policy: object | string, work: () => Promise<void>): Promise<void> {
  const file = path.join(shared.helper.directory, 'policy.json');
  fs.writeFileSync(file, typeof policy === 'string' ? policy : JSON.stringify(policy), { mode: 0o644 });
  try {
    await work();
  } finally {
    fs.rmSync(file);
  }
}
