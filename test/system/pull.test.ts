// Pulls from Debian's registry: by every kind of name, with a login, side by side, cancelled; and what the registry process may.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { RegistryAccessInput } from '../../protocol/images.js';
import { startDebianRegistry, type DebianRegistry } from '../support/debianRegistry.js';
import { ImageHelper } from '../support/imageHelper.js';
import { indexOf, layerOf, registryImage } from '../support/registryContent.js';
import { requires } from '../support/world.js';

const NEEDED = ['root', 'native', 'runtime', 'helper', 'image', 'registry'] as const;

describe('pulls', requires(...NEEDED), () => {
  const suite = ImageHelper.ofSuite();
  let registry: DebianRegistry;
  before(async () => {
    registry = await startDebianRegistry();
  });
  after(() => registry.stop());

  const insecure = (): RegistryAccessInput[] => [{ registry: registry.host, insecure: true }];
  const pull = (name: string, more: { platform?: string } = {}) =>
    suite.client.call('image/pull', { references: [`${registry.host}/${name}`], registries: insecure(), ...more });

  test('an image of three layers; again, it is there already', async () => {
    const image = registryImage({ layers: [layerOf('a', 'one'), layerOf('b', 'two'), layerOf('a', 'three')] });
    await registry.push('team/app', '1', image);
    const pulled = await pull('team/app:1');
    assert.equal(pulled.image.id, image.digest);
    assert.deepEqual(pulled.image.references, [`${registry.host}/team/app:1`]);
    assert.equal(pulled.isNew, true);
    assert.equal((await pull('team/app:1')).isNew, false);
    const layers = path.join(suite.helper.directory, 'data/layers');
    const contents = fs
      .readdirSync(layers)
      .flatMap((layer) => (fs.existsSync(path.join(layers, layer, 'a')) ? [fs.readFileSync(path.join(layers, layer, 'a'), 'utf8')] : []));
    assert.deepEqual(contents.sort(), ['one', 'three']);
  });

  test('by a digest, and by an index for a platform', async () => {
    const ours = registryImage({ layers: [layerOf('a', 'ours')] });
    const theirs = registryImage({ layers: [layerOf('a', 'theirs')], architecture: 'arm64' });
    const index = indexOf([
      { image: theirs, platform: { os: 'linux', architecture: 'arm64' } },
      { image: ours, platform: { os: 'linux', architecture: 'amd64' } },
    ]);
    await registry.push('multi', 'ours', ours);
    await registry.push('multi', 'theirs', theirs);
    await registry.pushManifest('multi', 'latest', index.stored);
    assert.equal((await pull('multi')).image.id, ours.digest);
    assert.equal((await pull('multi', { platform: 'linux/arm64' })).image.id, theirs.digest);
    assert.equal((await pull(`multi@${index.digest}`)).image.id, ours.digest);
    const { image } = await pull(`multi@${theirs.digest}`);
    assert.equal(image.id, theirs.digest);
    await assert.rejects(pull('multi', { platform: 'linux/s390x' }), /not for linux\/s390x, but for linux\/arm64, linux\/amd64/);
  });

  test('what is not there, and where nobody is', async () => {
    await assert.rejects(pull('no/such:thing'), /REGISTRY/);
    await assert.rejects(suite.client.call('image/pull', { references: ['localhost:1/x'] }), /ECONNREFUSED/);
    await assert.rejects(suite.client.call('image/pull', { references: [`${registry.host}/team/app:1`] }), /TLS/);
  });

  test('tags', async () => {
    const image = registryImage({ layers: [layerOf('a', 'x')] });
    for (const tag of ['1', '2', 'latest']) await registry.push('tagged', tag, image);
    const access = { registry: registry.host, insecure: true };
    assert.deepEqual((await suite.client.call('registry/tags', { repository: `${registry.host}/tagged`, access })).names.sort(), ['1', '2', 'latest']);
    assert.ok((await suite.client.call('registry/repositories', { access })).names.includes('tagged'));
  });

  test('two of the same are one, and a big layer comes whole', async () => {
    const image = registryImage({ layers: [layerOf('big', randomBytes(20 * 2 ** 20))] });
    await registry.push('big', 'latest', image);
    const [one, two] = await Promise.all([pull('big'), pull('big')]);
    assert.equal(one.image.id, image.digest);
    assert.equal(two.image.id, image.digest);
  });
});
