// The rows of the Images view, and the numbers of a pull.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instruction, layerRows } from '../../../extension/model/imageLayers.js';
import { elementOf, groupOf, rootRows, rowOf, tagsOf, type ImageRow } from '../../../extension/model/imageTree.js';
import { removals } from '../../../extension/model/imageRemoval.js';
import { fractionOf, layerState, secondsLeft } from '../../../extension/model/pullProgress.js';
import { parentElement, registriesInOrder, registryRowOf } from '../../../extension/model/registryTree.js';
import { worldOf } from '../../../extension/model/world.js';
import { image, pull, snapshot } from './worldFixture.js';

const app = image('app', ['team/app:2', 'team/app:10', 'localhost:5000/app:1']);
const old = image('old', ['team/app:1']);
const nameless = image('nameless', []);

test('a repository of several tags is a group, of one a row; the nameless are last, pulls first', () => {
  const world = { ...worldOf(snapshot(1, [], [nameless, old, app])), pulls: new Map([[pull('p').id, pull('p')]]) };
  assert.deepEqual(rootRows(world).map(elementOf), [`pull:${pull('p').id}`, `localhost:5000/app:1@${app.id}`, 'repository:team/app', `@${nameless.id}`]);
  assert.deepEqual(tagsOf(world, 'team/app').map(elementOf), [`team/app:10@${app.id}`, `team/app:2@${app.id}`, `team/app:1@${old.id}`]);
  assert.deepEqual(groupOf(world, 'team/app:1'), { kind: 'repository', name: 'team/app' });
  assert.equal(groupOf(world, 'localhost:5000/app:1'), undefined);
});

test('a row is known by its element, an image by its whole id, too', () => {
  const rows: ImageRow[] = [
    { kind: 'pull', id: pull('p').id },
    { kind: 'pullLayer', id: pull('p').id, at: 3 },
    { kind: 'repository', name: 'localhost:5000/app' },
    { kind: 'image', id: app.id, reference: 'localhost:5000/app:1' },
    { kind: 'image', id: app.id, reference: '' },
    { kind: 'layer', id: app.id, reference: 'localhost:5000/app:1', at: 0 },
    { kind: 'layer', id: app.id, reference: '', at: 12 },
  ];
  assert.deepEqual(rows.map(elementOf).map(rowOf), rows);
  assert.equal(new Set(rows.map(elementOf)).size, rows.length);
  assert.deepEqual(rowOf(app.id), { kind: 'image', id: app.id, reference: '' });
  assert.equal(rowOf('alpine:latest'), undefined);
});

test('layers have the instructions that made them, if the history tells of all', () => {
  const layers = ['a', 'b'].map((digest) => ({ digest, diffId: digest, sizeBytes: 1, mediaType: '' }));
  const step = (createdBy: string, emptyLayer = false) => ({ createdBy, comment: '', createdMs: null, emptyLayer });
  const rows = layerRows({ layers, history: [step('/bin/sh -c #(nop) ADD file:1 in /'), step('CMD ["sh"]', true), step('/bin/sh -c apt-get  update')] });
  assert.deepEqual(
    rows.map(({ command }) => command),
    ['ADD file:1 in /', 'RUN apt-get update'],
  );
  assert.deepEqual(
    layerRows({ layers, history: [step('one')] }).map(({ command }) => command),
    ['', ''],
  );
  assert.equal(instruction('RUN /bin/sh -c make # buildkit'), 'RUN make');
});

test('a pull is as far as its bytes, and so are its layers', () => {
  assert.equal(fractionOf(pull('p', { totalBytes: null })), undefined);
  assert.equal(fractionOf(pull('p', { downloadedBytes: 250 })), 0.25);
  assert.equal(fractionOf(pull('p', { totalBytes: 0 })), 1, 'all is here already');
  assert.equal(secondsLeft(pull('p', { downloadedBytes: 250, bytesPerSecond: 100 })), 8);
  assert.equal(secondsLeft(pull('p', { bytesPerSecond: 0 })), undefined);
  assert.equal(secondsLeft(pull('p', { downloadedBytes: 1000, bytesPerSecond: 100 })), undefined);
  const layer = { digest: 'd', sizeBytes: 10, downloadedBytes: 0, unpackedBytes: 0, isPresent: false };
  assert.equal(layerState({ ...layer, isPresent: true }), 'present');
  assert.equal(layerState(layer), 'waiting');
  assert.equal(layerState({ ...layer, downloadedBytes: 4 }), 'downloading');
  assert.equal(layerState({ ...layer, downloadedBytes: 10, unpackedBytes: 4 }), 'unpacking');
  assert.equal(layerState({ ...layer, downloadedBytes: 10, unpackedBytes: 10 }), 'done');
});

test('removing the rows of all names of an image removes it, of some only these', () => {
  const world = worldOf(snapshot(1, [], [app, old]));
  const removed = (...elements: string[]) => removals(world, elements, 1000).map(({ image: { id }, names }) => [id, names]);
  const row = (id: string, reference: string) => elementOf({ kind: 'image', id, reference });
  assert.deepEqual(removed(row(app.id, 'team/app:2')), [[app.id, ['team/app:2']]]);
  assert.deepEqual(removed(...app.references.map((reference) => row(app.id, reference))), [[app.id, undefined]]);
  assert.deepEqual(removed('repository:team/app'), [
    [app.id, ['team/app:10', 'team/app:2']],
    [old.id, undefined],
  ]);
  assert.deepEqual(removed(app.id, row(app.id, 'team/app:2')), [[app.id, undefined]]);
  assert.deepEqual(
    removals(world, [row(app.id, 'team/app:2')], 7).map(({ names }) => names),
    [undefined],
    'somebody else’s name names nothing for him',
  );
  assert.deepEqual(removed(`pull:${pull('p').id}`, 'layer:0:x@' + app.id), []);
});

test('rows of registries are known by their names', () => {
  const elements = ['localhost:5000', 'localhost:5000/team/app', 'localhost:5000/team/app:1', 'note:localhost:5000'];
  assert.deepEqual(
    elements.map((element) => registryRowOf(element).kind),
    ['registry', 'repository', 'tag', 'note'],
  );
  assert.deepEqual(elements.map(parentElement), [undefined, 'localhost:5000', 'localhost:5000/team/app', 'localhost:5000']);
  assert.deepEqual(registriesInOrder(['quay.io', 'docker.io'], ['z.example', 'docker.io', 'a.example', '']), [
    'quay.io',
    'docker.io',
    'a.example',
    'z.example',
  ]);
});
