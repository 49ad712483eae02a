// The audit log: what is in it, what is not, who reads it, and that it only grows.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { Audit } from '../../../helper/server/audit.js';
import { createDispatch } from '../../../helper/server/dispatch.js';
import { PARAMS_MAX, redact } from '../../../helper/server/redact.js';
import { Failure } from '../../../helper/engine/failure.js';
import type { Call, Handlers } from '../../../helper/handlers/call.js';
import { mustBeAllowed } from '../../../helper/handlers/power.js';
import type { AuditRecord } from '../../../protocol/system.js';
import { someUser, withGateway } from './gateway.js';

const record = (fields: Partial<AuditRecord>): AuditRecord => ({ atMs: 1, uid: 1000, pid: 2, role: 'user', call: 'c', method: 'm', phase: 'begin', ...fields });
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

function given(t: TestContext): { directory: string; audit: Audit } {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-audit-'));
  const audit = new Audit(path.join(directory, 'audit'), quiet);
  t.after(() => {
    audit.close();
    fs.rmSync(directory, { recursive: true });
  });
  return { directory: path.join(directory, 'audit'), audit };
}

test('a call that changes something has two records; one that reads has none; a denied one says why', async () => {
  const handlers = {
    'system/ping': async () => ({}),
    'container/rename': () => Promise.reject(new Failure('CONFLICT', { object: 'web' })),
    'container/remove': async () => ({}),
  };
  await withGateway(handlers, async (gateway) => {
    const client = await gateway.client();
    await client.sendRequest('system/ping', {});
    await client.sendRequest('container/remove', { container: 'web' });
    await assert.rejects(client.sendRequest('container/rename', { container: 'web', name: 'www' }));
    await assert.rejects(client.sendRequest('container/create', { spec: { image: 'x', admin: { privileged: true } } }));
    await assert.rejects(client.sendRequest('container/remove', { container: 'web', evil: 1 }));
    const records = await gateway.audit.tail(1000, 100);
    assert.deepEqual(
      records.map(({ method, phase, outcome }) => [method, phase, outcome]),
      [
        ['container/remove', 'begin', undefined],
        ['container/remove', 'end', 'ok'],
        ['container/rename', 'begin', undefined],
        ['container/rename', 'end', 'CONFLICT'],
        ['container/create', 'denied', 'DENIED'],
      ],
    );
    assert.deepEqual(records[0]?.params, { container: 'web', force: false }, 'as it was carried out');
    assert.equal(records[0]?.call, records[1]?.call);
    assert.deepEqual([records[0]?.uid, records[0]?.pid, records[0]?.role], [1000, someUser.pid, 'user']);
  });
});

test('values of environment variables and tokens are not in it', () => {
  const params = { spec: { image: 'x', environment: ['TOKEN=hunter2', 'A=b=hunter2'], command: ['env'] }, upload: 'hunter2' };
  const text = JSON.stringify(redact(params));
  assert.doesNotMatch(text, /hunter2/);
  const login = { registry: 'x', credential: { kind: 'password', username: 'ann', password: 'hunter2' }, proxy: 'http://ann:hunter2@proxy' };
  assert.doesNotMatch(JSON.stringify(redact({ access: login, registries: [login] })), /hunter2/);
  assert.match(text, /"TOKEN=…"/);
  assert.match(text, /"command":\["env"\]/);
  const long = redact({ command: Array.from({ length: 4096 }, () => 'x'.repeat(100_000)) });
  assert.ok(JSON.stringify(long).length < 20_000);
});

test('no record is longer than a line should be, whatever is in it', () => {
  const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  const long: Readonly<Record<string, unknown>> = {
    members: { sysctls: Object.fromEntries(many(20_000, (i) => [`net.a${i}`, 'x'.repeat(250)])) },
    names: Object.fromEntries(many(64, (i) => [`${i}${'n'.repeat(10_000)}`, 'x'])),
    environment: { environment: many(4096, (i) => `${'N'.repeat(1000)}${i}=secret`) },
    nested: { spec: { mounts: many(128, () => ({ source: 's'.repeat(4000), target: 't'.repeat(4000) })), command: many(4096, () => '😀'.repeat(500)) } },
    text: 'x'.repeat(1_000_000),
  };
  for (const [what, params] of Object.entries(long)) {
    const kept = redact(params);
    assert.ok(Buffer.byteLength(JSON.stringify(kept)) <= PARAMS_MAX, what);
    assert.doesNotMatch(JSON.stringify(kept), /secret/);
  }
  const mounts = { spec: { image: 'x', mounts: many(20, (i) => ({ source: `/home/ann/${i}`, target: `/w/${i}` })) } };
  assert.deepEqual(redact(mounts), mounts, 'what is not long is kept as it is');
});

test('four files of records are kept, and read backwards over all of them', async (t) => {
  const { audit, directory } = given(t);
  const big = { text: 'x'.repeat(8000) };
  for (let i = 0; i < 9000; i += 1) audit.append(record({ call: String(i), params: big }));
  assert.deepEqual(fs.readdirSync(directory).sort(), ['1000.1.jsonl', '1000.2.jsonl', '1000.3.jsonl', '1000.jsonl']);
  const calls = (await audit.tail(1000, 1000)).map(({ call }) => Number(call));
  assert.deepEqual([calls.at(-1), calls.length], [8999, 1000]);
  assert.ok(fs.statSync(path.join(directory, '1000.jsonl')).size < 8_000_000, 'they are in two files');
  assert.deepEqual(
    calls
      .slice(1)
      .map((call, i) => call - (calls[i] ?? 0))
      .filter((step) => step !== 1),
    [],
    'none is missing in between',
  );
  const both = await Promise.all([audit.tail(1000, 5), audit.tail(1000, 7)]);
  assert.deepEqual(
    both.map(({ length }) => length),
    [5, 7],
  );
});

test('the newest records come, oldest first, over the files that there are', async (t) => {
  const { audit, directory } = given(t);
  for (let i = 0; i < 50; i += 1) audit.append(record({ call: String(i) }));
  assert.deepEqual(
    (await audit.tail(1000, 3)).map(({ call }) => call),
    ['47', '48', '49'],
  );
  assert.deepEqual(await audit.tail(1001, 3), []);
  fs.renameSync(path.join(directory, '1000.jsonl'), path.join(directory, '1000.1.jsonl'));
  audit.close();
  audit.append(record({ call: '50' }));
  assert.deepEqual(
    (await audit.tail(1000, 3)).map(({ call }) => call),
    ['48', '49', '50'],
  );
});

test('only root can read the files, each uid has his own, and it outlives the helper', async (t) => {
  const { audit, directory } = given(t);
  audit.append(record({}));
  audit.append(record({ uid: 0 }));
  audit.close();
  new Audit(directory, quiet).append(record({ call: 'again' }));
  assert.deepEqual(fs.readdirSync(directory).sort(), ['0.jsonl', '1000.jsonl']);
  assert.equal(fs.statSync(directory).mode & 0o777, 0o700);
  assert.equal(fs.statSync(path.join(directory, '1000.jsonl')).mode & 0o777, 0o600);
  assert.equal((await audit.tail(1000, 9)).length, 2);
});

test('it does not grow without end', async (t) => {
  const { audit, directory } = given(t);
  const big = { text: 'x'.repeat(15_000) };
  for (let i = 0; i < 1500; i += 1) audit.append(record({ call: String(i), params: big }));
  const sizes = fs.readdirSync(directory).map((name) => fs.statSync(path.join(directory, name)).size);
  assert.equal(sizes.length, 2);
  assert.ok(sizes.every((size) => size <= 17 * 2 ** 20));
  assert.equal((await audit.tail(1000, 2)).at(-1)?.call, '1499');
});

test('a line that the disk had no room for is taken back: what follows is whole', async (t) => {
  const { audit, directory } = given(t);
  audit.append(record({ call: 'first' }));
  const write = fs.writeSync.bind(fs) as (fd: number, bytes: Buffer) => number;
  // As write(2) does at the end of the disk: it writes what there is room for.
  const short = t.mock.method(fs, 'writeSync', ((fd: number, bytes: Buffer) => write(fd, bytes.subarray(0, 20))) as typeof fs.writeSync);
  assert.equal(audit.append(record({ call: 'torn' })), false);
  short.mock.restore();
  assert.equal(audit.append(record({ call: 'last' })), true);
  assert.deepEqual(
    (await audit.tail(1000, 9)).map(({ call }) => call),
    ['first', 'last'],
  );
  assert.equal(fs.readFileSync(path.join(directory, '1000.jsonl'), 'utf8').split('\n').length, 3);
});

test('a line that a crash has torn is left out, and no line joins it', async (t) => {
  const { audit, directory } = given(t);
  audit.append(record({ call: 'first' }));
  audit.close();
  fs.appendFileSync(path.join(directory, '1000.jsonl'), '{"atMs":1,"uid":10');
  audit.append(record({ call: 'last' }));
  assert.deepEqual(
    (await audit.tail(1000, 9)).map(({ call }) => call),
    ['first', 'last'],
  );
});

test('what is done with a privileged container has to be on record', () => {
  const privileged = { record: { name: 'mighty', spec: { admin: { privileged: true }, mounts: [] } } } as unknown as Parameters<typeof mustBeAllowed>[1];
  const plain = { record: { name: 'plain', spec: { mounts: [] } } } as unknown as Parameters<typeof mustBeAllowed>[1];
  const caller = { uid: 0, gid: 0, groups: [], pid: 1, role: 'admin', isConfined: false } as const;
  assert.throws(() => mustBeAllowed({ caller, isOnRecord: false }, privileged), /NO_SPACE/);
  mustBeAllowed({ caller, isOnRecord: true }, privileged);
  mustBeAllowed({ caller, isOnRecord: false }, plain);
});

test('who sees other files than the helper does not get into a container that has some', () => {
  const bound = { record: { name: 'bound', spec: { mounts: [{ type: 'bind' }] } } } as unknown as Parameters<typeof mustBeAllowed>[1];
  const caller = { uid: 1000, gid: 1000, groups: [], pid: 1, role: 'user', isConfined: false } as const;
  mustBeAllowed({ caller, isOnRecord: true }, bound);
  assert.throws(() => mustBeAllowed({ caller: { ...caller, isConfined: true }, isOnRecord: true }, bound), /DENIED.*snap/);
});

test('a handler is told whether its call is on record', async () => {
  const told: boolean[] = [];
  const handlers = { 'container/start': async (call: Call) => void told.push(call.isOnRecord) } as unknown as Handlers;
  const call = () => ({ caller: { uid: 0, gid: 0, groups: [], pid: 1, role: 'admin' }, isOnRecord: false }) as unknown as Call;
  for (const written of [true, false]) await createDispatch(handlers, { append: () => written })(call(), 'container/start', { container: 'web' });
  assert.deepEqual(told, [true, false]);
});

test('many uids do not exhaust the descriptors', (t) => {
  const { audit } = given(t);
  const open = () => fs.readdirSync('/proc/self/fd').length;
  const before = open();
  for (let uid = 5000; uid < 5500; uid += 1) assert.equal(audit.append(record({ uid })), true);
  assert.ok(open() - before <= 65);
});

test('what gives power over the host is not done when it can not be put on record; the rest is', async () => {
  const done: string[] = [];
  const handlers = {
    'container/create': async () => void done.push('create'),
    'container/remove': async () => void done.push('remove'),
  } as unknown as Handlers;
  const dispatch = createDispatch(handlers, { append: () => false });
  const call = { caller: { uid: 0, gid: 0, groups: [], pid: 1, role: 'admin' } } as unknown as Call;
  await assert.rejects(dispatch(call, 'container/create', { spec: { image: 'x', admin: { privileged: true } } }), /NO_SPACE/);
  await dispatch(call, 'container/create', { spec: { image: 'x' } });
  await dispatch(call, 'container/remove', { container: 'web' });
  assert.deepEqual(done, ['create', 'remove']);
});
