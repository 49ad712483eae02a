// Images: imported from archives and layout folders, named, removed; refused when they are none.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import * as tar from 'tar';
import * as vscode from 'vscode';
import type { CallError } from '../../../extension/client/callError.js';
import { HelperClient } from '../../../extension/client/helperClient.js';
import { uploadImage } from '../../../extension/client/uploadImage.js';
import { importLayout } from '../../../extension/commands/image/importArchive.js';
import { elementOf } from '../../../extension/model/imageTree.js';
import { WorldStore } from '../../../extension/model/worldStore.js';
import type { Services } from '../../../extension/services.js';
import { ImagesView } from '../../../extension/views/imagesView.js';
import type { ImageSummary, ImportProgress } from '../../../protocol/images.js';
import { makeAccount } from '../../support/account.js';
import { connected, IMAGE, until } from './world.js';

describe('images', () => {
  let services: Services;
  let folder: string;
  const named = (reference: string) => [...services.store.world.images.values()].find((image) => image.references.includes(reference));

  before(async () => {
    services = await connected();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-images-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('are in the view, with their size', async () => {
    const image = named(IMAGE) ?? assert.fail('the embedded image is not there');
    const view = new ImagesView(services.store, services.client, services.owners);
    const element = elementOf({ kind: 'image', id: image.id, reference: IMAGE });
    assert.ok((await view.getChildren()).includes(element));
    assert.equal(view.getTreeItem(element).label, IMAGE);
    assert.match(String(view.getTreeItem(element).description), /^\d.* [kM]B/);
    const { token } = new vscode.CancellationTokenSource();
    const { tooltip } = await view.resolveTreeItem(view.getTreeItem(element), element, token);
    assert.match((tooltip as vscode.MarkdownString).value, /Disk: \d.* of its own, 0 B shared with others/);
    view.dispose();
  });

  it('come from a folder with an OCI layout', async () => {
    const archive = vscode.Uri.joinPath(services.extensionUri, 'dist', 'image', 'busybox.tar').fsPath;
    await tar.extract({ file: archive, cwd: folder });
    await importLayout(services, folder);
    assert.ok(named(IMAGE));
  });

  it('get further names, and lose them', async () => {
    const image = named(IMAGE) ?? assert.fail();
    await services.client.call('image/tag', { image: image.id, reference: 'suite/other:1' });
    await until(() => named('suite/other:1') !== undefined);
    assert.equal(named('suite/other:1')?.id, image.id);
    await services.client.call('image/remove', { image: 'suite/other:1' });
    await until(() => named('suite/other:1') === undefined);
    assert.ok(named(IMAGE), 'the other name stays');
  });

  it('are removed by the command with all their names, or not at all while a container uses them', async () => {
    const image = await importRoot(services.client, 'suite/used:1');
    await services.client.call('image/tag', { image: image.id, reference: 'suite/used:2' });
    const { id } = await services.client.call('container/create', { spec: { image: 'suite/used:1', command: ['none'] } });
    await until(() => services.store.container(id) !== undefined && named('suite/used:2') !== undefined);
    void vscode.commands.executeCommand('bulkhead.image.remove', image.id);
    await delay(1_000);
    assert.deepEqual([...(services.store.image(image.id)?.references ?? [])].sort(), ['suite/used:1', 'suite/used:2']);
    await services.client.call('container/remove', { container: id });
    await vscode.commands.executeCommand('bulkhead.image.remove', image.id);
    await until(() => services.store.image(image.id) === undefined, 5_000, 'the end of the image');
  });

  it('of other users are shown as theirs, and are what an administrator’s commands are about, whatever they are called', async () => {
    const account = makeAccount();
    const theirs = new HelperClient(await account.door(services.client.socketPath), new WorldStore(), services.log);
    try {
      theirs.connect();
      const image = await importRoot(theirs, IMAGE);
      await until(() => services.store.image(image.id) !== undefined, 5_000, 'their image');
      const view = new ImagesView(services.store, services.client, services.owners);
      assert.match(String(view.getTreeItem(image.id).description), new RegExp(` · of ${account.name} · `));
      view.dispose();
      const before = new Set(services.store.world.containers.keys());
      const made = () => [...services.store.world.containers.values()].find(({ id }) => !before.has(id));
      // Its start fails, for it has no program: what counts is what it was made from.
      void vscode.commands.executeCommand('bulkhead.image.run', image.id);
      for (const deadline = Date.now() + 20_000; made() === undefined && Date.now() < deadline; await delay(400)) {
        await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      }
      const container = made() ?? assert.fail('no container was made');
      assert.equal(container.imageId, image.id);
      await until(() => services.store.container(container.id)?.state.status === 'failed', 10_000, 'the failed start');
      await services.client.call('container/remove', { container: container.id });
      await vscode.commands.executeCommand('bulkhead.image.remove', image.id);
      await until(() => services.store.image(image.id) === undefined, 5_000, 'the end of their image');
      assert.ok(named(IMAGE), "root's of the same name stays");
    } finally {
      for (const { id } of (await theirs.call('image/list', {})).images)
        await theirs.call('image/remove', { image: id, allNames: true }).catch(() => undefined);
      theirs.dispose();
      await account.remove();
    }
  });

  it('tell how far an import is, and are refused when they are none', async () => {
    const rubbish = path.join(folder, 'rubbish.tar');
    fs.writeFileSync(rubbish, Buffer.alloc(3_000_000, 'no archive '));
    const seen: ImportProgress[] = [];
    const archive = { bytes: fs.createReadStream(rubbish), sizeBytes: 3_000_000, reference: 'suite/rubbish:1' };
    const refused = uploadImage(services.client, archive, (progress) => seen.push(progress), new AbortController().signal);
    await assert.rejects(refused, isRefusal);
    assert.ok(seen.length > 0);
    assert.equal(named('suite/rubbish:1'), undefined);
  });
});

/** A root file system that holds next to nothing, as that client's user. */
async function importRoot(client: HelperClient, reference: string): Promise<ImageSummary> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-root-'));
  try {
    fs.mkdirSync(path.join(folder, 'etc'));
    fs.writeFileSync(path.join(folder, 'etc', 'name'), reference + folder);
    const bytes = Readable.from(tar.create({ cwd: folder }, ['etc']));
    const [image] = await uploadImage(client, { bytes, sizeBytes: undefined, reference }, () => undefined, new AbortController().signal);
    return image ?? assert.fail('nothing was imported');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** By its name: the extension's class is another than that of this bundle. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'CallError' && (error as CallError).data.code === 'INVALID_ARCHIVE';
}
