// Whose an object is, and which name means it, where an administrator sees everybody's.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { containerNamed, freeName, imageCalled, imageTarget, imageWords } from '../../../extension/model/selectors.js';
import { worldOf } from '../../../extension/model/world.js';
import { Owners } from '../../../extension/ui/owners.js';
import { info, socketFolder } from './tinyHelper.js';
import { container, image, snapshot } from './worldFixture.js';

const ADMIN = 1;
const mine = { ...image('mine', ['app:1']), ownerUid: ADMIN };
const roots = { ...image('roots', ['app:1', 'base:1']), ownerUid: 0 };
const others = { ...image('others', ['app:1', 'base:1', 'own:1']), ownerUid: 1000 };

test('an image is named by its name only where that means it', () => {
  const world = worldOf(snapshot(1, [], [others, roots, mine]));
  assert.equal(imageCalled(world, 'app:1', ADMIN)?.id, mine.id);
  assert.equal(imageCalled(world, 'base:1', ADMIN)?.id, roots.id);
  assert.equal(imageCalled(world, 'own:1', ADMIN), undefined, 'what others call theirs is a name for nobody else');
  assert.equal(imageCalled(world, others.id, ADMIN)?.id, others.id);
  assert.deepEqual(
    [mine, roots, others].map((each) => imageTarget(world, each, ADMIN)),
    ['app:1', 'base:1', others.id],
  );
  assert.equal(imageTarget(world, others, 1000), 'app:1');
  assert.equal(imageWords(container('a', { image: others.id })), others.id.slice(7, 19));
  assert.equal(imageWords(container('a', { image: 'app:1' })), 'app:1');
});

test('a name is taken for its owner alone', () => {
  const world = worldOf(snapshot(1, [container('web', { ownerUid: 1000 }), container('db', { ownerUid: ADMIN })]));
  assert.equal(containerNamed(world, 'web', ADMIN), undefined);
  assert.equal(containerNamed(world, 'db', ADMIN)?.name, 'db');
  assert.deepEqual([freeName(world, 'web', ADMIN), freeName(world, 'web', 1000)], ['web', 'web-2']);
});

test('an owner is told by his name, and not of what is the viewer’s own', () => {
  const folder = socketFolder();
  const accounts = path.join(folder, 'passwd');
  fs.writeFileSync(accounts, 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n');
  const owners = new Owners({ state: { status: 'ready', info: info({ caller: { uid: 0, role: 'admin' } }) } }, accounts);
  assert.deepEqual(
    [0, 1000, 1001].map((uid) => owners.other(uid)),
    [undefined, 'ann', '1001'],
  );
  fs.appendFileSync(accounts, 'bob:x:1002:1002::/home/bob:/bin/sh\n');
  assert.equal(owners.other(1002), 'bob', 'an account that came later');
  fs.rmSync(folder, { recursive: true });
  const without = new Owners({ state: { status: 'ready', info: info() } }, accounts);
  assert.deepEqual(
    [0, 1000].map((uid) => without.other(uid)),
    ['0', undefined],
  );
});
