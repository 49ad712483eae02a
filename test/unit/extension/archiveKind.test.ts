// What an archive looks like from its beginning, before any of it is sent.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import * as tar from 'tar';
import { isRootFileSystem } from '../../../extension/commands/image/archiveKind.js';
import { socketFolder } from './tinyHelper.js';

const folder = socketFolder();
after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function archive(name: string, files: readonly string[], gzip: boolean): Promise<string> {
  const root = path.join(folder, name);
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), 'content');
  }
  const file = path.join(folder, `${name}.tar`);
  await tar.create({ cwd: root, file, gzip }, ['.']);
  return file;
}

for (const gzip of [false, true]) {
  test(`a root file system is told from an image${gzip ? ', compressed' : ''}`, async () => {
    const suffix = gzip ? '-gz' : '';
    assert.equal(await isRootFileSystem(await archive(`root${suffix}`, ['bin/sh', 'etc/passwd', 'usr/bin/env'], gzip)), true);
    assert.equal(await isRootFileSystem(await archive(`oci${suffix}`, ['oci-layout', 'index.json', 'blobs/sha256/0'], gzip)), false);
    assert.equal(await isRootFileSystem(await archive(`docker${suffix}`, ['manifest.json', `${'0a'.repeat(32)}/layer.tar`], gzip)), false);
    assert.equal(await isRootFileSystem(await archive(`other${suffix}`, ['readme.txt'], gzip)), false);
  });
}

test('what is no archive is not decided here', async () => {
  const file = path.join(folder, 'rubbish');
  fs.writeFileSync(file, Buffer.alloc(3_000_000, 'no archive '));
  assert.equal(await isRootFileSystem(file), false);
});
