// Names, prefixes, owners: what is somebody else's is not there.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Failure } from '../../../helper/engine/failure.js';
import { ALICE, BOB, EngineFixture, ROOT } from '../../support/engineFixture.js';

describe('the registry', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
    await fixture.importImage(ROOT);
  });
  afterEach(() => fixture.close());

  const failure = (work: () => unknown): Failure => {
    try {
      work();
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    throw new Error('it did not fail');
  };

  test('a container is found by id, by name and by four digits of its id', async () => {
    const { id } = await fixture.create(ALICE, { name: 'web' });
    for (const ref of [id, 'web', id.slice(0, 12), id.slice(0, 4)]) assert.equal(fixture.engine.registry.find(ALICE, ref).id, id);
    assert.equal(failure(() => fixture.engine.registry.find(ALICE, id.slice(0, 3))).code, 'NOT_FOUND');
  });

  test('somebody else’s container answers exactly as a missing one', async () => {
    const { id } = await fixture.create(ALICE, { name: 'web' });
    const missing = 'f'.repeat(64);
    for (const ref of [id, 'web', id.slice(0, 12)]) {
      const theirs = failure(() => fixture.engine.registry.find(BOB, ref));
      const none = failure(() => fixture.engine.registry.find(BOB, missing));
      assert.deepEqual({ code: theirs.code, keys: Object.keys(theirs.fields) }, { code: none.code, keys: Object.keys(none.fields) });
    }
    assert.deepEqual(fixture.engine.registry.visibleTo(BOB), []);
  });

  test('an admin sees all, his own name first', async () => {
    const hers = await fixture.create(ALICE, { name: 'web' });
    assert.equal(fixture.engine.registry.find(ROOT, 'web').id, hers.id);
    const his = await fixture.create(ROOT, { name: 'web' });
    assert.equal(fixture.engine.registry.find(ROOT, 'web').id, his.id);
    assert.equal(fixture.engine.registry.visibleTo(ROOT).length, 2);
  });

  test('a name that two other users have names nothing for an admin', async () => {
    await fixture.create(ALICE, { name: 'web' });
    await fixture.create(BOB, { name: 'web' });
    assert.equal(failure(() => fixture.engine.registry.find(ROOT, 'web')).code, 'CONFLICT');
  });

  test('of a thousand creates of one name at once, one wins', async () => {
    const attempts = Array.from({ length: 50 }, () => fixture.create(ALICE, { name: 'only' }));
    const results = await Promise.allSettled(attempts);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(fixture.engine.registry.countOf(ALICE.uid), 1);
  });

  test('a rename takes the new name and frees the old', async () => {
    const web = await fixture.create(ALICE, { name: 'web' });
    await fixture.create(ALICE, { name: 'taken' });
    await assert.rejects(fixture.engine.changing.rename(web, 'taken'), (error) => error instanceof Failure && error.code === 'CONFLICT');
    await fixture.engine.changing.rename(web, 'site');
    assert.equal(fixture.engine.registry.find(ALICE, 'site').id, web.id);
    assert.equal((await fixture.create(ALICE, { name: 'web' })).record.name, 'web');
    await fixture.reopen();
    assert.equal(fixture.engine.registry.find(ALICE, 'site').id, web.id);
  });

  test('a container without a name gets one', async () => {
    const { record } = await fixture.create(ALICE);
    assert.match(record.name, /^[a-z]+_[a-z]+/);
  });
});
