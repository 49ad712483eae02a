// Pulls: from Debian's registry by the command, seen by every window while they go on, ended by any of them; names completed while
// they are typed; what goes wrong, with the buttons that help.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { HelperClient } from '../../../extension/client/helperClient.js';
import { CallError } from '../../../extension/client/callError.js';
import { elementOf } from '../../../extension/model/imageTree.js';
import { WorldStore } from '../../../extension/model/worldStore.js';
import { TagCompletion } from '../../../extension/registries/tagCompletion.js';
import type { Services } from '../../../extension/services.js';
import { explain } from '../../../extension/ui/errors.js';
import { explainRegistry } from '../../../extension/ui/registryErrors.js';
import { ImagesView } from '../../../extension/views/imagesView.js';
import { startDebianRegistry, type DebianRegistry } from '../../support/debianRegistry.js';
import { FaultyRegistry } from '../../support/faultyRegistry.js';
import { layerOf, registryImage } from '../../support/registryContent.js';
import { configure, connected, removeImages, until } from './world.js';

const small = registryImage({
  layers: [layerOf('etc/one', 'one'), layerOf('etc/two', 'two')],
  history: [{ created_by: '/bin/sh -c #(nop) ADD one in /' }, { created_by: 'ENV A=1', empty_layer: true }, { created_by: '/bin/sh -c make two' }],
});
const big = registryImage({ layers: [layerOf('big', randomBytes(400_000))] });

describe('pulls', () => {
  let services: Services;
  let registry: DebianRegistry;
  let slow: FaultyRegistry;
  let view: ImagesView;
  const named = (reference: string) => [...services.store.world.images.values()].find(({ references }) => references.includes(reference));
  const pullOf = (reference: string) => [...services.store.world.pulls.values()].find((pull) => pull.reference === reference);

  before(async () => {
    services = await connected();
    view = new ImagesView(services.store, services.client, services.owners);
    registry = await startDebianRegistry();
    slow = await FaultyRegistry.start();
    slow.add('big', 'latest', big);
    for (const tag of ['1', '2', 'latest']) await registry.push('team/app', tag, small);
    await configure('registries.insecure', [registry.host, slow.host]);
    await configure('registries.search', [registry.host]);
  });
  after(async () => {
    view.dispose();
    for (const setting of ['registries.insecure', 'registries.search']) await configure(setting, undefined);
    await removeImages(services, small.digest, big.digest);
    await slow.stop();
    await registry.stop();
  });

  it('bring an image by a short name, which is a row with its layers', async () => {
    const reference = `${registry.host}/team/app:1`;
    await vscode.commands.executeCommand('bulkhead.image.pull', 'team/app:1');
    await until(() => named(reference) !== undefined, 5_000, 'the image');
    const element = elementOf({ kind: 'image', id: small.digest, reference });
    assert.ok((await view.getChildren()).includes(element));
    const layers = (await view.getChildren(element)).map((layer) => view.getTreeItem(layer));
    assert.deepEqual(
      layers.map(({ label }) => label),
      ['ADD one in /', 'RUN make two'],
    );
    assert.match(String(layers[0]?.accessibilityInformation?.label), /^Layer 1, ADD one in \/, \d+ B$/);
  });

  it('of several tags of a repository are a group of it', async () => {
    await vscode.commands.executeCommand('bulkhead.image.pull', 'team/app');
    await until(() => named(`${registry.host}/team/app:latest`) !== undefined, 5_000, 'the second tag');
    const group = elementOf({ kind: 'repository', name: `${registry.host}/team/app` });
    assert.ok((await view.getChildren()).includes(group));
    const tags = await view.getChildren(group);
    assert.deepEqual(
      tags.map((tag) => view.getTreeItem(tag).label),
      ['latest', '1'],
    );
    assert.deepEqual(
      tags.map((tag) => view.getParent(tag)),
      [group, group],
    );
  });

  it('are seen by every window, and ended from any', async () => {
    const reference = `${slow.host}/big:latest`;
    slow.fault = (_request, response, at) => at.includes(big.layerDigests[0] ?? '?') && (response.writeHead(200).write(Buffer.alloc(100_000)), true);
    const other = new WorldStore();
    const window = new HelperClient(services.client.socketPath, other, services.log);
    try {
      window.connect();
      const pulled = vscode.commands.executeCommand('bulkhead.image.pull', reference);
      const seen = () => [...other.world.pulls.values()].find((pull) => pull.downloadedBytes === 100_000);
      await until(() => seen() !== undefined, 10_000, 'the pull in the other window');
      const { id } = pullOf(reference) ?? assert.fail('not in this window');
      assert.equal(seen()?.id, id);
      const row = view.getTreeItem(elementOf({ kind: 'pull', id }));
      assert.match(String(row.description), /^100 kB of 4\d\d kB/);
      assert.match(String(row.accessibilityInformation?.label), /^Pulling localhost:\d+\/big:latest, 2\d per cent, 100 kB of/);
      const [layer = ''] = await view.getChildren(elementOf({ kind: 'pull', id }));
      assert.match(String(view.getTreeItem(layer).description), /^100 kB of 4\d\d kB$/);
      await window.call('image/cancelPull', { id });
      await pulled;
      await until(() => pullOf(reference) === undefined, 5_000, 'the end of the pull');
      assert.equal(named(reference), undefined);
    } finally {
      window.dispose();
    }
  });

  it('are ended by the command on their row', async () => {
    const pulled = vscode.commands.executeCommand('bulkhead.image.pull', `${slow.host}/big`);
    await until(() => pullOf(`${slow.host}/big:latest`) !== undefined, 10_000, 'the pull');
    const { id } = pullOf(`${slow.host}/big:latest`) ?? assert.fail();
    await vscode.commands.executeCommand('bulkhead.image.cancelPull', elementOf({ kind: 'pull', id }));
    await pulled;
    await until(() => pullOf(`${slow.host}/big:latest`) === undefined, 5_000, 'the end of the pull');
  });

  it('have their names completed by tags, and go without where nobody answers', async () => {
    const completion = new TagCompletion(services.client, services.registries, 0);
    const complete = (text: string) => new Promise<void>((resolve) => void completion.complete(text, resolve));
    await complete('team/app:');
    assert.deepEqual(
      completion.complete('team/app:1', () => assert.fail('asked again')),
      ['team/app:latest', 'team/app:2', 'team/app:1'],
    );
    await complete('localhost:1/nobody');
    assert.deepEqual(
      completion.complete('localhost:1/nobody', () => assert.fail('asked again')),
      [],
    );
    void completion.complete('team/other', () => assert.fail('given up, and heard of all the same'));
    completion.stop();
    assert.equal(completion.isBusy, false);
  });

  it('are offered where an image is not there', async () => {
    const error = await services.client
      .call('container/create', { spec: { image: 'team/missing:1' } })
      .then(() => assert.fail('it was made'))
      .catch((reason: unknown) => reason as CallError);
    const [pull] = explain(new CallError(error.data)).remedies;
    assert.ok(pull !== undefined && 'command' in pull);
    assert.deepEqual([pull.command, pull.arguments], ['bulkhead.image.pull', ['team/missing:1']]);
  });

  it('that fail say why, with a button that tries again', async () => {
    const error = await services.client
      .call('image/pull', { references: [`${registry.host}/no/such:1`], registries: [...(await services.registries.accessTo([`${registry.host}/x`]))] })
      .then(() => assert.fail('it was pulled'))
      .catch((reason: unknown) => reason as CallError);
    assert.equal(error.data.registry, 'not-found');
    const { message, remedies } = explainRegistry(error.data, error.pull);
    assert.match(message, /does not have it/);
    const [again] = remedies;
    assert.ok(again !== undefined && 'command' in again);
    assert.deepEqual([again.command, again.arguments], ['bulkhead.image.pull', [`${registry.host}/no/such:1`]]);
    const unsupported = explainRegistry({ ...error.data, registry: 'unsupported' }, error.pull).remedies[0];
    assert.ok(unsupported !== undefined && 'command' in unsupported && unsupported.command === 'bulkhead.image.pullForPlatform');
  });
});
