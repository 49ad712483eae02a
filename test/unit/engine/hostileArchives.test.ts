// Archives of images whose members and documents mean harm: each is refused, says why, and leaves nothing; no name of an archive is ever a
// path of this machine.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../../helper/engine/failure.js';
import { ociLayout } from '../../support/archives.js';
import { ALICE, EngineFixture } from '../../support/engineFixture.js';
import { digestOf, tarOf, type TarEntry } from '../../support/tarBuilder.js';

const LAYER = tarOf([{ name: 'a', content: 'a' }]);
const CONFIG = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(LAYER)] } });
const CONFIG_NAME = `${digestOf(CONFIG).slice(7)}.json`;
const ID = '1'.repeat(64);
const OTHER = '2'.repeat(64);
const MISSING = /missing from the archive/;

/** As `docker save` writes it, whose one layer is what `layer` names and `members` hold. */
const saved = (layer: string, ...members: readonly TarEntry[]): Buffer =>
  tarOf([
    { name: 'manifest.json', content: JSON.stringify([{ Config: CONFIG_NAME, RepoTags: ['app:1'], Layers: [layer] }]) },
    { name: CONFIG_NAME, content: CONFIG },
    ...members,
  ]);

const layout = (index: unknown): Buffer =>
  tarOf([
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: typeof index === 'string' ? index : JSON.stringify(index) },
  ]);
const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('x'), size: 1 };
const indexOf = (...manifests: readonly object[]): Buffer => layout({ schemaVersion: 2, manifests });
const link = (name: string, target: string, type = '2'): TarEntry => ({ name, type, link: target });

const HOSTILE: Readonly<Record<string, readonly [archive: Buffer, reason: RegExp]>> = {
  'a layer above the archive': [saved('../layer.tar'), MISSING],
  'a layer by an absolute path': [saved('/etc/shadow'), MISSING],
  'a layer by a path that comes back': [saved(`${ID}/../../etc/shadow`), MISSING],
  'a layer that is a link above the archive': [saved(`${ID}/layer.tar`, link(`${ID}/layer.tar`, '../../etc/shadow')), MISSING],
  'a layer that is a link to an absolute path': [saved(`${ID}/layer.tar`, link(`${ID}/layer.tar`, '/etc/shadow')), MISSING],
  'a layer that is a hard link out': [saved(`${ID}/layer.tar`, link(`${ID}/layer.tar`, '../etc/shadow', '1')), MISSING],
  'a layer that is a link to itself': [saved(`${ID}/layer.tar`, link(`${ID}/layer.tar`, 'layer.tar')), MISSING],
  'two layers that are links to each other': [
    saved(`${ID}/layer.tar`, link(`${ID}/layer.tar`, `../${OTHER}/layer.tar`), link(`${OTHER}/layer.tar`, `../${ID}/layer.tar`)),
    MISSING,
  ],
  'a layer that is a directory': [saved(`${ID}/layer.tar`, { name: `${ID}/layer.tar/`, type: '5' }), MISSING],
  'a layer that is a device': [saved(`${ID}/layer.tar`, { name: `${ID}/layer.tar`, type: '3', device: [1, 5] }), MISSING],
  'a layer that is a pipe': [saved(`${ID}/layer.tar`, { name: `${ID}/layer.tar`, type: '6' }), MISSING],
  'a config that is not that of its name': [saved(`${ID}/layer.tar`, { name: CONFIG_NAME, content: `${CONFIG} ` }), /does not have its digest/],
  'a member in the folder of blobs that is none': [saved('blobs/sha256/../../layer.tar', { name: 'blobs/sha256/../../layer.tar', content: LAYER }), MISSING],
  'a manifest.json of nothing': [tarOf([{ name: 'manifest.json', content: '[]' }]), /manifest\.json/],
  'a manifest.json of 257 images': [
    tarOf([{ name: 'manifest.json', content: JSON.stringify(Array.from({ length: 257 }, () => ({ Config: 'a', Layers: ['b'] }))) }]),
    /manifest\.json/,
  ],
  'an image of 257 layers': [
    tarOf([{ name: 'manifest.json', content: JSON.stringify([{ Config: CONFIG_NAME, Layers: Array.from({ length: 257 }, () => 'x') }]) }]),
    /Layers/,
  ],
  'an index of 1,025 images': [indexOf(...Array.from({ length: 1025 }, () => descriptor)), /manifests/],
  'an index without images': [indexOf(), /holds no image/],
  'an index in version 1': [layout({ schemaVersion: 1, manifests: [] }), /schemaVersion/],
  'an index that is a manifest too': [layout({ schemaVersion: 2, manifests: [], layers: [] }), /at once/],
  'an index that is a list': [layout([]), /index\.json/],
  'an index that ends early': [layout('{"schemaVersion":2,"manifests":['), /is not JSON/],
  'an index of 65 levels': [layout(`${'['.repeat(65)}${']'.repeat(65)}`), /nested too deeply/],
  'a digest in capitals': [indexOf({ ...descriptor, digest: descriptor.digest.toUpperCase() }), /digest/],
  'a digest with a line more': [indexOf({ ...descriptor, digest: `${descriptor.digest}\n` }), /digest/],
  'a digest that is a path': [indexOf({ ...descriptor, digest: 'sha256:../../../../../etc/shadow' }), /digest/],
  'a negative size': [indexOf({ ...descriptor, size: -1 }), /size/],
  'half a byte': [indexOf({ ...descriptor, size: 0.5 }), /size/],
  'more bytes than there are': [indexOf({ ...descriptor, size: 2 ** 53 }), /size/],
  'an annotation of 64 KiB and more': [indexOf({ ...descriptor, annotations: { a: 'x'.repeat(65_537) } }), /annotations/],
  'indexes in indexes in indexes in indexes': [ociLayout({ nested: { depth: 4, times: 1 } }).archive, /nested too deeply/],
  'a document that the archive does not have': [indexOf(descriptor), MISSING],
  'a ZIP archive': [Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(2000, 7)]), /.*/],
  'a RAR archive': [Buffer.concat([Buffer.from('Rar!\x1a\x07\x01\x00'), Buffer.alloc(2000, 7)]), /.*/],
};

describe('a hostile archive of images is refused:', () => {
  let fixture: EngineFixture;
  before(async () => {
    fixture = await EngineFixture.open();
  });
  after(() => fixture.close());

  for (const [what, [archive, reason]] of Object.entries(HOSTILE)) {
    test(what, async () => {
      const refused = fixture.engine.images.import(ALICE, fixture.importOptions(Readable.from([archive]), 'x'));
      await assert.rejects(refused, (error) => {
        assert.ok(error instanceof Failure && (error.code === 'INVALID_ARCHIVE' || error.code === 'LIMIT'), String(error));
        assert.match(error.message, reason);
        return true;
      });
      const data = (...parts: string[]) => path.join(fixture.folder, 'data', ...parts);
      assert.deepEqual([...(await readdir(data('images/blobs/sha256'))), ...(await readdir(data('layers')))], []);
    });
  }
});
