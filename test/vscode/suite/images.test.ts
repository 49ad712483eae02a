// Images: imported from archives and layout folders, named, removed; refused when they are none.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'mocha';
import * as tar from 'tar';
import * as vscode from 'vscode';
import type { CallError } from '../../../extension/client/callError.js';
import { uploadImage } from '../../../extension/client/uploadImage.js';
import { importLayout } from '../../../extension/commands/image/importArchive.js';
import type { Services } from '../../../extension/services.js';
import { ImagesView } from '../../../extension/views/imagesView.js';
import type { ImportProgress } from '../../../protocol/images.js';
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

  it('are in the view, with their size', () => {
    const image = named(IMAGE) ?? assert.fail('the embedded image is not there');
    const view = new ImagesView(services.store, services.owners);
    assert.ok(view.getChildren().includes(image.id));
    assert.equal(view.getTreeItem(image.id).label, IMAGE);
    assert.match(String(view.getTreeItem(image.id).description), /^\d.* [kM]B/);
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

/** By its name: the extension's class is another than that of this bundle. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'CallError' && (error as CallError).data.code === 'INVALID_ARCHIVE';
}
