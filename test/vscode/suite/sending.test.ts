// Images on their way out: pushed, saved, pruned, single names taken away; and in again, dropped on the view.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import * as tar from 'tar';
import * as vscode from 'vscode';
import { saveImages } from '../../../extension/client/saveImages.js';
import { importPath } from '../../../extension/commands/image/importArchive.js';
import { pushAs } from '../../../extension/commands/image/push.js';
import { saveTo } from '../../../extension/commands/image/save.js';
import { elementOf } from '../../../extension/model/imageTree.js';
import type { Services } from '../../../extension/services.js';
import { ImageDrop } from '../../../extension/views/imageDrop.js';
import { startDebianRegistry, type DebianRegistry } from '../../support/debianRegistry.js';
import { layerOf, registryImage } from '../../support/registryContent.js';
import { configure, connected, IMAGE, removeImages, until } from './world.js';

const other = registryImage({ layers: [layerOf('etc/other', 'another one')] });

describe('images on their way out', () => {
  let services: Services;
  let registry: DebianRegistry;
  let folder: string;
  const named = (reference: string) => [...services.store.world.images.values()].find(({ references }) => references.includes(reference));
  const embedded = () => named(IMAGE) ?? assert.fail('the embedded image is not there');

  before(async () => {
    services = await connected();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-sending-'));
    registry = await startDebianRegistry();
    await registry.push('other', '1', other);
    await configure('registries.insecure', [registry.host]);
  });
  after(async () => {
    await configure('registries.insecure', undefined);
    await removeImages(services, other.digest);
    await registry.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('are pushed by a name of the registry, and what that has is not sent again', async () => {
    const reference = `${registry.host}/pushed:1`;
    const pushed = await pushAs(services, embedded(), reference);
    assert.ok(pushed.pushedBytes > 100_000);
    assert.equal(pushed.reference, reference);
    const answer = await fetch(`http://${registry.host}/v2/pushed/manifests/1`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } });
    assert.equal(answer.headers.get('docker-content-digest'), pushed.digest);
    assert.equal((await pushAs(services, embedded(), `${registry.host}/pushed:2`)).pushedBytes, 0);
  });

  it('are saved as an archive, whole or not at all', async () => {
    const file = path.join(folder, 'saved.tar');
    await saveTo(services, [embedded()], file);
    const names: string[] = [];
    await tar.list({ file, onReadEntry: (entry) => void names.push(entry.path) });
    for (const name of ['oci-layout', 'index.json', 'manifest.json']) assert.ok(names.includes(name), name);
    const stopped = new AbortController();
    stopped.abort();
    const refused = saveImages(services.client, { images: [embedded().id], file: path.join(folder, 'none.tar') }, () => undefined, stopped.signal);
    await assert.rejects(refused, { name: 'AbortedError' });
    await assert.rejects(saveTo(services, [embedded()], path.join(folder, 'no', 'folder.tar')), { code: 'ENOENT' });
    assert.deepEqual(fs.readdirSync(folder), ['saved.tar']);
  });

  it('come back by being dropped on the view: as files, or sent by a browser', async () => {
    const file = path.join(folder, 'saved.tar');
    const imported: string[] = [];
    const drop = new ImageDrop(async (dropped) => {
      imported.push(path.basename(dropped));
      await importPath(services, dropped);
    });
    const { token } = new vscode.CancellationTokenSource();
    const listed = new vscode.DataTransfer();
    listed.set('text/uri-list', new vscode.DataTransferItem(`${vscode.Uri.file(file).toString()}\r\nhttps://elsewhere.example/x.tar`));
    await drop.handleDrop(undefined, listed, token);
    const sent = new vscode.DataTransfer();
    sent.set('application/x-tar', new SentFile('sent.tar', fs.readFileSync(file)));
    await drop.handleDrop(undefined, sent, token);
    assert.deepEqual(imported, ['saved.tar', 'sent.tar']);
    fs.mkdirSync(path.join(folder, 'layout'));
    await tar.extract({ file, cwd: path.join(folder, 'layout') });
    await importPath(services, path.join(folder, 'layout'));
    assert.ok(named(IMAGE));
  });

  it('lose the name whose row is removed, and go with the last', async () => {
    const references = [`${registry.host}/other:1`, 'suite/other:2'];
    await services.client.call('image/pull', { references: [references[0] ?? ''], registries: [await services.registries.access(registry.host)] });
    await services.client.call('image/tag', { image: other.digest, reference: 'suite/other:2' });
    await until(() => named('suite/other:2') !== undefined, 5_000, 'the second name');
    for (const reference of references) {
      await vscode.commands.executeCommand('bulkhead.image.remove', elementOf({ kind: 'image', id: other.digest, reference }));
      await until(() => named(reference) === undefined, 5_000, `the end of ${reference}`);
    }
    assert.equal(services.store.image(other.digest), undefined);
  });

  it('without a name are removed by one question', async () => {
    const reference = `${registry.host}/other@${other.digest}`;
    await services.client.call('image/pull', { references: [reference], registries: [await services.registries.access(registry.host)] });
    await until(() => services.store.image(other.digest)?.references.length === 0, 5_000, 'the image without a name');
    const pruned = vscode.commands.executeCommand('bulkhead.image.prune');
    for (const deadline = Date.now() + 20_000; services.store.image(other.digest) !== undefined && Date.now() < deadline; await delay(300))
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await pruned;
    assert.equal(services.store.image(other.digest), undefined);
    assert.ok(named(IMAGE), 'what has a name stays');
  });
});

/** As a browser hands over a file of the user's machine. */
class SentFile extends vscode.DataTransferItem {
  constructor(
    private readonly name: string,
    private readonly bytes: Uint8Array,
  ) {
    super('');
  }

  override asFile(): vscode.DataTransferFile {
    return { name: this.name, data: () => Promise.resolve(this.bytes) };
  }
}
