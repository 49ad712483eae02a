// Who gets a connection when there are few left: newcomers before those who have some, root always.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { HELPER_CONNECTIONS, UID_LIMITS } from '../../../helper/policy/limits.js';
import { Usage } from '../../../helper/server/usage.js';
import { someUser, withGateway } from './gateway.js';

test('one with many uids does not lock the others out', () => {
  const usage = new Usage();
  const taken: (() => void)[] = [];
  const fill = (uid: number) => {
    for (let place = usage.connection(uid); place !== null; place = usage.connection(uid)) taken.push(place);
  };
  for (let uid = 100_000; uid < 100_008; uid += 1) fill(uid);
  assert.equal(taken.length, HELPER_CONNECTIONS.all - HELPER_CONNECTIONS.forNewcomers + 1, 'the last uid is a newcomer once');
  assert.notEqual(usage.connection(1000), null);
  assert.equal(usage.connection(1000), null, 'his second has to wait');
  for (let uid = 200_000; uid < 200_200; uid += 1) fill(uid);
  assert.equal(usage.connection(1001), null);
  for (let count = 0; count < HELPER_CONNECTIONS.forRoot; count += 1) assert.notEqual(usage.connection(0), null);
  assert.equal(usage.connection(0), null);
  for (const release of taken) release();
  assert.notEqual(usage.connection(1001), null);
});

test('a uid has its limit, root too', () => {
  for (const uid of [0, 1000]) {
    const usage = new Usage();
    for (let count = 0; count < UID_LIMITS.connections; count += 1) assert.notEqual(usage.connection(uid), null);
    assert.equal(usage.connection(uid), null);
  }
});

test('those who are not let in have few places of their own, and none of the others’', async () => {
  await withGateway({ 'system/ping': async () => ({}) }, async (gateway) => {
    gateway.peer = { ...someUser, uid: 666 };
    const idle = [];
    for (let count = 0; count < HELPER_CONNECTIONS.refused; count += 1) idle.push(await gateway.connect());
    const tooMany = await gateway.connect();
    await once(tooMany.resume(), 'close');
    gateway.peer = someUser;
    assert.deepEqual(await (await gateway.client()).sendRequest('system/ping', {}), {});
    await Promise.all(idle.map((socket) => once(socket.resume(), 'close')));
    gateway.peer = { ...someUser, uid: 666 };
    const client = await gateway.client();
    await assert.rejects(client.sendRequest('system/ping', {}), /DENIED|does not admit/);
  });
});
