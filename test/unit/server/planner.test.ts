// The planner asks the machine for what the policy can't know: device numbers, and the account files as they are now.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Failure } from '../../../helper/engine/failure.js';
import { UID_LIMITS } from '../../../helper/policy/limits.js';
import { createPlanner } from '../../../helper/server/planner.js';
import { host, ID, image, spec } from '../policy/given.js';

const planner = createPlanner(host);
const root = { uid: 0, gid: 0, groups: [], role: 'admin' } as const;
const nobody = { uid: 4_100_000_000, gid: 4_100_000_000, groups: [], role: 'user' } as const;

const plan = async (input: Parameters<typeof spec>[0], caller: typeof root | typeof nobody = root) =>
  planner.plan({ caller, id: ID, spec: spec(input), image, cgroupPath: `/bulkhead/${ID}` });

async function refusal(work: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await work.then(
    () => assert.fail('not refused'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof Failure, String(thrown));
  return thrown;
}

test('device numbers come from the host', async () => {
  const { config } = await plan({ admin: { devices: [{ path: '/dev/null', access: 'r' }, { path: '/dev/./full' }] } });
  const { devices, resources } = config['linux'] as { devices: unknown; resources: { devices: unknown[] } };
  assert.deepEqual(devices, [
    { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o660, uid: 0, gid: 0 },
    { path: '/dev/./full', type: 'c', major: 1, minor: 7, fileMode: 0o660, uid: 0, gid: 0 },
  ]);
  assert.deepEqual(resources.devices.slice(-2), [
    { allow: true, type: 'c', major: 1, minor: 3, access: 'r' },
    { allow: true, type: 'c', major: 1, minor: 7, access: 'rwm' },
  ]);
});

for (const path of ['/etc/passwd', '/dev', '/dev/../dev/null/x', '/dev/shm/x', '/dev/../etc/hostname', '/proc/self/fd/0', '/dev/fd/0', '/dev/no-such-device']) {
  test(`${path} is not looked at as a device`, async () => {
    const { code, fields } = await refusal(plan({ admin: { devices: [{ path }] } }));
    assert.deepEqual([code, fields.field], ['INVALID_PARAMS', 'spec.admin.devices.0.path']);
  });
}

test('who has no ids is denied with the way to get some', async () => {
  const { code, fields } = await refusal(plan({}, nobody));
  assert.equal(code, 'DENIED');
  assert.match(fields.reason ?? '', /uid 4100000000 has no subordinate uids; to give some: add the line 4100000000:\d+:65536 to/);
});

test("root's binds are as they are; nothing is idmapped", async () => {
  const { binds, idMapped, noSuid } = await plan({ mounts: [{ type: 'bind', source: '/srv', target: '/srv' }] });
  assert.deepEqual(
    binds.map(({ source, access, owner }) => [source, access, owner]),
    [['/srv', 'write', null]],
  );
  assert.deepEqual([idMapped, noSuid], [false, false]);
});

test('an exec is the main process with another command', async () => {
  const { config } = await plan({ environment: ['A=1'], terminal: true, capabilitiesDrop: ['ALL'] });
  const request = { caller: root, config, command: ['id'], environment: ['B=2'], workingDirectory: undefined, terminal: false };
  const { process } = planner.planExec(request) as {
    process: { args: string[]; env: string[]; terminal: boolean; cwd: string; capabilities: { bounding: [] } };
  };
  assert.deepEqual([process.args, process.terminal, process.cwd, process.capabilities.bounding], [['id'], false, '/', []]);
  assert.deepEqual(process.env.slice(-2), ['A=1', 'B=2']);
  assert.equal(
    process.env.some((entry) => entry.startsWith('TERM=')),
    false,
  );
});

test('an update is checked as a whole: what was there, and what comes', async () => {
  const update = async (change: object) => planner.planUpdate(root, { memoryBytes: 2 ** 25, memorySwapBytes: 2 ** 26 }, change);
  assert.equal((await refusal(update({ memoryBytes: 2 ** 27 }))).fields.field, 'limits.memorySwapBytes');
  assert.deepEqual(await update({ pids: 7 }), { limits: { memoryBytes: 2 ** 25, memorySwapBytes: 2 ** 26, pids: 7 }, resources: { pids: { limit: 7 } } });
});

test('there is a last container, and a last exec', () => {
  planner.admitContainer(root, { count: 999, specBytes: 0 }, spec());
  assert.throws(() => planner.admitContainer(root, { count: 1000, specBytes: 0 }, spec()), /LIMIT/);
  planner.admitContainer(root, { count: 1, specBytes: UID_LIMITS.specBytes - 1000 }, spec());
  assert.throws(() => planner.admitContainer(root, { count: 1, specBytes: UID_LIMITS.specBytes }, spec()), /LIMIT/);
  planner.admitExec(63);
  assert.throws(() => planner.admitExec(64), /LIMIT/);
});
