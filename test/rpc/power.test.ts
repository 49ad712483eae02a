// Power over the host ends with the role that it was given for, and a user without ids of his own is told how to get some.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { callAs, type Answer, type Asked } from '../support/callAs.js';
import { inRepository } from '../support/repository.js';
import { sharedHelper } from '../support/sharedHelper.js';
import { TestClient } from '../support/testClient.js';
import { requires } from '../support/world.js';

const world = ['root', 'native', 'helper', 'image'] as const;
const shared = sharedHelper(world, async ({ socketPath }) => {
  const client = await TestClient.connect(socketPath);
  await client.importFile(inRepository('dist/image/busybox.tar'));
  client.close();
});

const ANN = { uid: 61_001, gid: 61_001 };
const IMAGE = 'bulkhead/busybox';

const code = (answer: Answer | undefined): string => answer?.error?.data.code ?? 'ok';
const asAnn = async (...asked: Asked): Promise<Answer | undefined> => (await callAs(ANN, shared.helper.socketPath, asked))[0];

test('who is no administrator any more can neither start, enter nor watch what he made as one; he can stop and remove it', requires(...world), async () => {
  const policy = path.join(shared.helper.directory, 'policy.json');
  const container = { container: 'mighty' };
  fs.writeFileSync(policy, JSON.stringify({ version: 1, admins: { uids: [ANN.uid] } }), { mode: 0o644 });
  const spec = { image: IMAGE, name: 'mighty', command: ['sleep', '100'], admin: { privileged: true } };
  assert.equal(code(await asAnn('container/create', { spec })), 'ok');
  assert.equal(code(await asAnn('container/start', container)), 'ok');
  fs.rmSync(policy);
  const refused: readonly Asked[] = [
    ['container/exec', { ...container, command: ['id'] }],
    ['container/attach', container],
    ['container/restart', container],
    ['container/start', container],
  ];
  for (const asked of refused) assert.equal(code(await asAnn(...asked)), 'DENIED', asked[0]);
  assert.equal(code(await asAnn('container/kill', container)), 'ok');
  await asAnn('container/wait', container);
  assert.equal(code(await asAnn('container/start', container)), 'DENIED');
  assert.equal(code(await asAnn('container/remove', container)), 'ok');
});

test('without subordinate ids there is no container, but the command that gives some', requires(...world), async () => {
  const answer = await asAnn('container/create', { spec: { image: IMAGE } });
  assert.equal(code(answer), 'DENIED');
  assert.match(answer?.error?.data.reason ?? '', /uid 61001 has no subordinate uids; to give some: .*61001:\d+:65536/);
  assert.deepEqual((await asAnn('container/list', {}))?.result, { containers: [] });
});

test("what another's container is called is not found, whatever one wants of it", requires(...world), async () => {
  const client = await TestClient.connect(shared.helper.socketPath);
  try {
    const { id } = await client.create({ image: IMAGE, name: 'roots-own', command: ['true'] });
    const methods = ['start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'remove', 'inspect', 'wait', 'attach', 'logs', 'stats', 'top'].map(
      (verb) => `container/${verb}`,
    );
    for (const method of methods) {
      for (const container of [id, id.slice(0, 12), 'roots-own']) {
        const answer = await asAnn(method, { container });
        const nobody = await asAnn(method, { container: 'f'.repeat(container.length) });
        assert.equal(code(answer), 'NOT_FOUND', `${method} ${container}`);
        assert.deepEqual(Object.keys(answer?.error?.data ?? {}), Object.keys(nobody?.error?.data ?? {}), 'the answer does not tell that it is there');
      }
    }
    await client.call('container/remove', { container: id });
  } finally {
    client.close();
  }
});
