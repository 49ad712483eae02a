// One archive of every awkward case, unpacked by us, by Podman and by GNU tar: the same, inode for inode.
// What differs on purpose is in docs/layers.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startHelper, type TestHelper } from '../../support/helper.js';
import { inRepository } from '../../support/repository.js';
import { digestOf } from '../../support/tarBuilder.js';
import { TestClient } from '../../support/testClient.js';
import { requires } from '../../support/world.js';
import { awkwardLayer, whiteoutLayer } from '../support/awkwardLayer.js';
import { Podman } from '../support/podman.js';

describe('layers, inode for inode', requires('root', 'native', 'helper', 'image', 'podman', 'python'), () => {
  let helper: TestHelper;
  let client: TestClient;
  let podman: Podman;
  before(async () => {
    helper = await startHelper();
    client = await TestClient.connect(helper.socketPath);
    podman = new Podman();
  });
  after(async () => {
    client.close();
    await helper.stop();
    assert.deepEqual(podman.end(), []);
  });

  /** The folder of a lowest layer is named after its blob. */
  async function unpackedByUs(blob: Buffer): Promise<string> {
    await client.importBytes(blob, 'awkward');
    return path.join(helper.directory, 'data/layers', digestOf(blob).slice(7));
  }

  function unpackedByPodman(layer: Buffer): string {
    const file = podman.at('layer.tar');
    fs.writeFileSync(file, layer);
    podman.mustUnseen('import', '--quiet', file, 'localhost/awkward');
    return podman.must('image', 'inspect', '--format', '{{.GraphDriver.Data.UpperDir}}', 'localhost/awkward');
  }

  test('as Podman does: everything, and what hides things of the layers below', async () => {
    for (const layer of [awkwardLayer(), whiteoutLayer()]) {
      const theirs = withoutRoot(inodesOf(unpackedByPodman(layer)));
      assert.ok(theirs.length > 3);
      assertSame(withoutRoot(inodesOf(await unpackedByUs(gzipSync(layer)))), theirs);
    }
  });

  test('as umoci does, of an image that we have saved', requires('umoci', 'skopeo'), async () => {
    const layer = awkwardLayer();
    const ours = await unpackedByUs(gzipSync(layer));
    const file = podman.at('saved.tar');
    fs.writeFileSync(file, await client.save(['awkward']));
    execFileSync('skopeo', ['copy', '--quiet', `oci-archive:${file}`, `oci:${podman.at('layout')}:1`], { stdio: 'pipe' });
    execFileSync('umoci', ['unpack', '--image', `${podman.at('layout')}:1`, podman.at('bundle')], { stdio: 'pipe' });
    assertSame(inodesOf(ours), inodesOf(podman.at('bundle/rootfs')));
  });

  test('as GNU tar does', async () => {
    const layer = awkwardLayer();
    const folder = podman.at('by-tar');
    fs.mkdirSync(folder);
    const options = ['--extract', '--numeric-owner', '--same-owner', '--preserve-permissions', '--delay-directory-restore', '--xattrs', '--xattrs-include=*'];
    execFileSync('tar', [...options, '--directory', folder], { input: layer });
    assertSame(inodesOf(await unpackedByUs(layer)), inodesOf(folder));
  });
});

/** A line each. */
function inodesOf(folder: string): readonly string[] {
  const lines = execFileSync('python3', [inRepository('test/fixtures/inodes.py'), folder], { maxBuffer: 2 ** 26 }).toString('utf8');
  return lines.trim().split('\n');
}

/** Podman gives a layer's own root nothing of what the archive says of it. */
const withoutRoot = (lines: readonly string[]): readonly string[] => lines.filter((line) => !line.includes('"name": ""'));

/** Line by line, so that a difference is seen as what it is. */
function assertSame(ours: readonly string[], theirs: readonly string[]): void {
  const only = (some: readonly string[], others: readonly string[]) => some.filter((line) => !others.includes(line));
  assert.deepEqual({ onlyOurs: only(ours, theirs), onlyTheirs: only(theirs, ours) }, { onlyOurs: [], onlyTheirs: [] });
}
