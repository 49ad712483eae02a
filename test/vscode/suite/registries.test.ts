// The Registries view: which registries, their repositories and tags; and those that say nothing, or are not there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { Services } from '../../../extension/services.js';
import { startDebianRegistry, type DebianRegistry } from '../../support/debianRegistry.js';
import { FaultyRegistry } from '../../support/faultyRegistry.js';
import { layerOf, registryImage } from '../../support/registryContent.js';
import { configure, connected, removeImages, until } from './world.js';

const image = registryImage({ layers: [layerOf('etc/seen', 'in a registry')] });

describe('registries', () => {
  let services: Services;
  let registry: DebianRegistry;
  let silent: FaultyRegistry;
  const rows = (element?: string) => services.registriesProvider.getChildren(element);
  const item = (element: string) => services.registriesProvider.getTreeItem(element);
  const label = (element: string) => item(element).accessibilityInformation?.label ?? '';

  before(async () => {
    services = await connected();
    registry = await startDebianRegistry();
    silent = await FaultyRegistry.start();
    for (const tag of ['1.9', '1.10', 'latest']) await registry.push('team/app', tag, image);
    await configure('registries.insecure', [registry.host, silent.host, 'localhost:1']);
  });
  after(async () => {
    await services.logins.remove(registry.host);
    await configure('registries.insecure', undefined);
    await removeImages(services, image.digest);
    await silent.stop();
    await registry.stop();
  });

  it('are those that names are looked for in, and those that are configured or logged in to', async () => {
    const [first, ...others] = await rows();
    assert.equal(first, 'docker.io');
    for (const host of [registry.host, silent.host]) assert.ok(others.includes(host), host);
    assert.equal(item(registry.host).description, 'insecure');
    let redrawn = false;
    const listening = services.registriesProvider.onDidChangeTreeData(() => (redrawn = true));
    await services.logins.add(registry.host, { username: 'ann', password: 'x' });
    await until(() => redrawn, 5_000, 'the view drawn anew');
    listening.dispose();
    await rows();
    assert.equal(item(registry.host).description, 'logged in · insecure');
    assert.equal(item(registry.host).contextValue, 'registry;login;');
    await services.logins.remove(registry.host);
  });

  it('have repositories, and these tags, which can be pulled', async () => {
    const repository = `${registry.host}/team/app`;
    assert.deepEqual(await rows(registry.host), [repository]);
    assert.equal(item(repository).label, 'team/app');
    const tags = await rows(repository);
    assert.deepEqual(tags, [`${repository}:latest`, `${repository}:1.10`, `${repository}:1.9`]);
    assert.equal(item(tags[1] ?? '').label, '1.10');
    assert.equal(services.registriesProvider.getParent(tags[1] ?? ''), repository);
    assert.equal(services.registriesProvider.getParent(repository), registry.host);
    await vscode.commands.executeCommand('bulkhead.image.pull', tags[1]);
    await until(() => services.store.image(image.digest)?.references[0] === tags[1], 5_000, 'the image');
  });

  it('that do not list what they have, or do not answer, say so in a row', async () => {
    const [note = '', ...others] = await rows(silent.host);
    assert.deepEqual(others, []);
    assert.match(label(note), /does not list its repositories/);
    assert.equal(item(note).command?.command, 'bulkhead.image.pull');
    const [unreachable = ''] = await rows('localhost:1');
    assert.match(label(unreachable), /can’t be reached/);
  });

  it('can’t put rows there that are no names', async () => {
    silent.fault = (_request, response, at) =>
      at.includes('_catalog') && (response.end(JSON.stringify({ repositories: ['$(flame) Evil', 'fine', 'a:b@c'] })), true);
    await vscode.commands.executeCommand('bulkhead.registry.refresh');
    assert.deepEqual(await rows(silent.host), [`${silent.host}/fine`]);
  });

  it('are asked again when one wants it', async () => {
    const repository = `${registry.host}/team/app`;
    assert.equal((await rows(repository)).length, 3);
    await registry.push('team/app', '2', image);
    assert.equal((await rows(repository)).length, 3, 'what they have said is remembered');
    await vscode.commands.executeCommand('bulkhead.registry.refresh');
    assert.equal((await rows(repository)).length, 4);
  });
});
