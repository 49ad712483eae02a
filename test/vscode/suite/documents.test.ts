// Inspect and "how it was made", as documents.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { documentUri } from '../../../extension/documents/documentUri.js';
import type { Services } from '../../../extension/services.js';
import { containerDetails } from '../../../protocol/containers.js';
import { imageDetails } from '../../../protocol/images.js';
import { connected, IMAGE, removeAll, startContainer, until } from './world.js';

describe('documents', () => {
  let services: Services;
  before(async () => {
    services = await connected();
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await removeAll(services);
  });

  it('show all of a container as JSON that nobody can change, and keep up with it', async () => {
    const container = await startContainer(services);
    await vscode.commands.executeCommand('bulkhead.container.inspect', container.id);
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document);
    assert.equal(document.languageId, 'json');
    const details = containerDetails.parse(JSON.parse(document.getText()));
    assert.equal(details.summary.id, container.id);
    assert.equal(details.config['ociVersion'] !== undefined, true);
    assert.equal(vscode.workspace.fs.isWritableFileSystem(document.uri.scheme), false);
    await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(document.uri, Buffer.from('{}'))));
    await services.client.call('container/pause', { container: container.id });
    await until(() => document.getText().includes('"status": "paused"'), 15_000, 'the new state in the document');
  });

  it('show how a container was made, step by step', async () => {
    const container = await startContainer(services);
    const uri = documentUri({ kind: 'ledger', id: container.id }, container.name);
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    assert.equal(text.split('\n')[0]?.replaceAll('\\', ''), `# ${container.name}`);
    assert.match(text, /start: \d+\.\d\d ms/);
    assert.match(text, /mount ×\d+ +[▏▎▍▌▋▊▉█]/);
    assert.match(text, / \d+ % /);
    await vscode.commands.executeCommand('bulkhead.container.showLedger', container.id);
    const isPreview = () => vscode.window.tabGroups.all.some((group) => group.tabs.some((tab) => tab.label.includes('step by step')));
    await until(isPreview, 10_000, 'the preview');
  });

  it('show an image as JSON', async () => {
    await vscode.commands.executeCommand('bulkhead.image.inspect', IMAGE);
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    const details = imageDetails.parse(JSON.parse(text));
    assert.ok(details.summary.references.includes(IMAGE));
  });

  it('are read again when the helper is back, and when the names of an image change', async () => {
    const container = await startContainer(services);
    const uri = documentUri({ kind: 'container', id: container.id }, container.name);
    const socketPath = services.client.socketPath;
    services.client.connect(`${socketPath}.nobody`);
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /connection|helper/);
    services.client.connect(socketPath);
    await until(() => document.getText().includes(container.id), 10_000, 'the content in the open document');
    await until(() => [...services.store.world.images.values()].some(({ references }) => references.includes(IMAGE)));
    await vscode.commands.executeCommand('bulkhead.image.inspect', IMAGE);
    const shown = vscode.window.activeTextEditor?.document ?? assert.fail('no document');
    await services.client.call('image/tag', { image: IMAGE, reference: 'suite/document:1' });
    await until(() => shown.getText().includes('suite/document:1'), 5_000, 'the new name in the document');
    await services.client.call('image/remove', { image: 'suite/document:1' });
  });

  it('say in a sentence what is not there any more', async () => {
    const uri = documentUri({ kind: 'container', id: '0'.repeat(64) }, 'nobody');
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    assert.match(text, /^“.*” is not there any more\.$/);
  });
});
