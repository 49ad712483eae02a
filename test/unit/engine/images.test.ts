// Images: what an archive may be, what is refused and leaves nothing, who has what under which name, what is garbage.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Caller } from '../../../helper/engine/caller.js';
import { Failure } from '../../../helper/engine/failure.js';
import type { Image } from '../../../helper/engine/images/image.js';
import { dockerArchive, ociLayout, type LayoutParts } from '../../support/archives.js';
import { ALICE, BOB, EngineFixture, ROOT } from '../../support/engineFixture.js';
import { digestOf, tarOf } from '../../support/tarBuilder.js';

describe('images', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
  });
  afterEach(() => fixture.close());

  const fails = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;
  const data = (...parts: string[]) => path.join(fixture.folder, 'data', ...parts);
  const load = (archive: Buffer, reference?: string, caller: Caller = ALICE): Promise<readonly Image[]> =>
    fixture.engine.images.import(caller, fixture.importOptions(Readable.from([archive]), reference));

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(await readdir(data('images/blobs/sha256')), []);
    assert.deepEqual(await readdir(data('layers')), []);
    assert.deepEqual((await readdir(data('images'))).sort(), ['blobs', 'oci-layout']);
    assert.deepEqual(fixture.engine.images.all(), []);
  }

  describe('import', () => {
    test('of a root file system needs a name, and makes an image of one layer', async () => {
      const archive = tarOf([
        { name: './', type: '5' },
        { name: './bin/', type: '5' },
        { name: './bin/sh', content: '#!' },
      ]);
      await assert.rejects(load(archive), fails('INVALID_PARAMS'));
      await nothingIsLeft();
      const [image] = await load(archive, 'mine');
      assert.deepEqual(image?.references, ['mine:latest']);
      assert.equal(image.content.layers[0]?.digest, digestOf(archive));
      assert.deepEqual(image.content.defaults.command, ['/bin/sh']);
    });

    test('of the same root file system, gzipped, verifies the tar inside', async () => {
      const archive = tarOf([{ name: 'bin/sh', content: '#!' }]);
      const [image] = await load(gzipSync(archive), 'mine');
      assert.equal(image?.content.layers[0]?.diffId, digestOf(archive));
      assert.match(image.content.layers[0]?.mediaType, /\+gzip$/);
    });

    for (const gzip of [false, true]) {
      test(`of an OCI layout${gzip ? ', gzipped' : ''}, keeps names, config and manifest as they are`, async () => {
        const layout = ociLayout({ name: 'docker.io/library/app:1.2' });
        const [image] = await load(gzip ? gzipSync(layout.archive) : layout.archive);
        assert.equal(image?.content.id, layout.manifestDigest);
        assert.deepEqual(image.references, ['app:1.2']);
        assert.deepEqual(image.content.defaults.entrypoint, ['/entry']);
        assert.equal(digestOf(await readFile(data('images/blobs/sha256', layout.manifestDigest.slice(7)))), layout.manifestDigest);
      });
    }

    test('under a name that the caller gives takes none of the archive’s own', async () => {
      const first = await fixture.importImage(ALICE, 'app:1.2');
      const [image] = await load(ociLayout({ name: 'docker.io/library/app:1.2' }).archive, 'extra');
      assert.deepEqual(image?.references, ['extra:latest']);
      assert.equal(fixture.engine.images.find(ALICE, 'app:1.2').content.id, first.content.id, 'what had the name keeps it');
    });

    test('of a docker save archive makes a manifest; a layer may be a link to another', async () => {
      const [image] = await load(dockerArchive({ tags: ['app:2'], linkedLayer: true }));
      assert.deepEqual(image?.references, ['app:2']);
      assert.equal(image.content.layers.length, 2);
      assert.equal(image.content.layers[0]?.diffId, image.content.layers[1]?.diffId);
      assert.notEqual(image.content.layers[0]?.chainId, image.content.layers[1]?.chainId);
    });

    test('tells of its progress, phase by phase', async () => {
      const phases: string[] = [];
      const upload = Readable.from([ociLayout({}).archive]);
      await fixture.engine.images.import(ALICE, { ...fixture.importOptions(upload), onProgress: ({ phase }) => phases.push(phase) });
      assert.deepEqual([...new Set(phases)], ['receiving', 'verifying', 'unpacking']);
    });

    test('that is cancelled leaves nothing', async () => {
      const controller = new AbortController();
      const upload = new Readable({ read: () => undefined });
      const done = fixture.engine.images.import(ALICE, { ...fixture.importOptions(upload, 'x'), signal: controller.signal });
      upload.push(Buffer.alloc(1000));
      setTimeout(() => controller.abort(), 20);
      await assert.rejects(done, fails('CANCELLED'));
      await nothingIsLeft();
    });

    test('beyond two at once, or beyond a user’s bytes, is refused; the upload is at its end', async () => {
      const waiting = [1, 2].map(() => new Readable({ read: () => undefined }));
      const controller = new AbortController();
      const underWay = waiting.map((upload) => fixture.engine.images.import(ALICE, { ...fixture.importOptions(upload, 'x'), signal: controller.signal }));
      const third = Readable.from([tarOf([{ name: 'a', content: 'a' }])]);
      await assert.rejects(fixture.engine.images.import(ALICE, fixture.importOptions(third, 'x')), fails('LIMIT'));
      assert.equal(third.destroyed, true);
      await load(tarOf([{ name: 'a', content: 'a' }]), 'his', BOB);
      const cancelled = Promise.all(underWay.map((done) => assert.rejects(done, fails('CANCELLED'))));
      controller.abort();
      await cancelled;
      const big = (content: string) => tarOf([{ name: 'a', content: content.repeat(100_000) }]);
      await load(big('a'), 'one');
      await assert.rejects(load(big('b'), 'two'), fails('LIMIT'));
      assert.equal((await readdir(data('layers'))).length, 2, 'his and hers');
      await load(big('a'), 'three');
      for (const content of ['a', 'b', 'c']) await load(big(content), content, ROOT);
    });

    test('that begins wrongly ends its upload', async () => {
      const upload = new Readable({ read: () => undefined });
      await assert.rejects(fixture.engine.images.import(ALICE, fixture.importOptions(upload, 'NOT A NAME')), fails('INVALID_PARAMS'));
      assert.equal(upload.destroyed, true);
    });

    test('that is not as long as announced, or too long, is refused', async () => {
      const archive = tarOf([{ name: 'a', content: 'a' }]);
      const announced = { ...fixture.importOptions(Readable.from([archive]), 'x'), announcedBytes: 7 };
      await assert.rejects(fixture.engine.images.import(ALICE, announced), fails('INVALID_ARCHIVE'));
      await assert.rejects(load(Buffer.alloc(2 ** 20 + 1), 'x'), fails('LIMIT'));
      await nothingIsLeft();
    });
  });

  describe('a corrupt or hostile archive is refused, and leaves nothing:', () => {
    const layouts: Readonly<Record<string, LayoutParts>> = {
      'a config that is not its digest’s': { corrupt: 'config' },
      'a manifest that is not its digest’s': { corrupt: 'manifest' },
      'a layer that is not its digest’s': { corrupt: 'layer' },
      'a config that names another layer': { diffIds: [digestOf('other')] },
      'a config with more layers than the manifest': { diffIds: [digestOf('a'), digestOf('b')] },
      'a size that is not the layer’s': { layerSize: 3 },
      'a digest that is a path': { layerDigest: 'sha256:../../../../etc/passwd' },
      'a digest of another kind': { layerDigest: `sha512:${'a'.repeat(128)}` },
      'a manifest that is an index too': { extraManifest: { manifests: [] } },
      'a manifest under the media type of an index': { manifestType: 'application/vnd.oci.image.index.v1+json' },
      'a layer that is none': { layerType: 'application/json' },
      'an image for another system': { os: 'windows' },
      'an image for another processor': { platform: { os: 'linux', architecture: 's390x' } },
      'a config of unbounded depth': { rawConfig: '['.repeat(5000) + ']'.repeat(5000) },
      'a config that is no JSON': { rawConfig: '{' },
      'a config of the wrong type': { rawConfig: '{"architecture":7}' },
    };
    for (const [what, parts] of Object.entries(layouts)) {
      test(what, async () => {
        await assert.rejects(load(ociLayout(parts).archive), fails('INVALID_ARCHIVE'));
        await nothingIsLeft();
      });
    }

    const archives: Readonly<Record<string, () => Buffer>> = {
      'nothing at all': () => Buffer.alloc(0),
      'an archive without members': () => tarOf([]),
      'no archive': () => Buffer.from('this is not a tar archive, however long it may be. '.repeat(40)),
      'gzip that breaks off': () => gzipSync(ociLayout({}).archive).subarray(0, 200),
      xz: () => Buffer.from('fd377a585a000000', 'hex'),
      'an archive that breaks off': () => ociLayout({}).archive.subarray(0, 1500),
      'a layout without an index': () => tarOf([{ name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' }]),
      'a manifest.json that points out of the archive': () =>
        tarOf([{ name: 'manifest.json', content: '[{"Config":"../../etc/passwd","Layers":["/etc/shadow"]}]' }]),
      'a link that points out of the archive': () =>
        tarOf([
          { name: 'manifest.json', content: `[{"Config":"${'a'.repeat(64)}.json","Layers":["x"]}]` },
          { name: `${'a'.repeat(64)}.json`, type: '2', link: '/etc/passwd' },
        ]),
      'a header that lies about its size': () => tarOf([{ name: 'index.json', content: '{}', size: 8 ** 10 }]),
    };
    for (const [what, archive] of Object.entries(archives)) {
      test(what, async () => {
        await assert.rejects(load(archive(), 'x'), (error) => fails('INVALID_ARCHIVE')(error) || fails('LIMIT')(error));
        await nothingIsLeft();
      });
    }

    test('what the native reader finds wrong with a layer', async () => {
      fixture.kernel.failNext('unpackLayer', 'none', 0, 'archive', '../../etc/passwd: outside of the layer');
      const refused = load(ociLayout({}).archive);
      await assert.rejects(refused, (error) => fails('INVALID_ARCHIVE')(error) && (error as Failure).fields.reason?.includes('outside') === true);
      fixture.kernel.failNext('unpackLayer', 'none', 0, 'archive-limit', 'too many entries');
      await assert.rejects(load(ociLayout({}).archive), fails('LIMIT'));
      fixture.kernel.failNext('unpackLayer', 'ENOSPC', 28, 'unpack', 'usr/bin/x');
      await assert.rejects(load(ociLayout({}).archive), fails('NO_SPACE'));
      await nothingIsLeft();
    });
  });

  describe('whose image', () => {
    test('one’s own are one’s own; root’s are everybody’s; a user’s are not another’s', async () => {
      await fixture.importImage(ROOT, 'shared', 'root’s');
      const own = await fixture.importImage(ALICE, 'private', 'hers');
      assert.deepEqual(
        fixture.engine.images.visibleTo(BOB).map(({ references }) => references[0]),
        ['shared:latest'],
      );
      assert.throws(() => fixture.engine.images.find(BOB, 'private'), fails('NOT_FOUND'));
      assert.throws(() => fixture.engine.images.find(BOB, own.content.id), fails('NOT_FOUND'));
      await assert.rejects(fixture.engine.images.remove(BOB, 'shared', true), fails('DENIED'));
    });

    test('one’s own name goes before root’s', async () => {
      await fixture.importImage(ROOT, 'base', 'root’s');
      const own = await fixture.importImage(ALICE, 'base', 'hers');
      assert.equal(fixture.engine.images.find(ALICE, 'base').content.id, own.content.id);
      assert.notEqual(fixture.engine.images.find(BOB, 'base').content.id, own.content.id);
    });

    test('what a user calls his image is a name for nobody else, an admin neither: only its whole id is', async () => {
      const hers = await fixture.importImage(ALICE, 'debian', 'hers');
      const { images } = fixture.engine;
      const carol: Caller = { uid: 1002, gid: 1002, groups: [], role: 'admin' };
      for (const admin of [ROOT, carol]) {
        for (const name of ['debian', 'debian:latest', hers.content.id.slice(7, 27)]) {
          assert.throws(() => images.find(admin, name), fails('NOT_FOUND'));
          await assert.rejects(fixture.create(admin, { image: name }), fails('NOT_FOUND'));
          await assert.rejects(images.tag(admin, name, 'mine'), fails('NOT_FOUND'));
          await assert.rejects(images.remove(admin, name, true), fails('NOT_FOUND'));
        }
        assert.equal(images.find(admin, hers.content.id).ownerUid, ALICE.uid);
      }
      const roots = await fixture.importImage(ROOT, 'debian', 'root’s');
      for (const admin of [ROOT, carol]) assert.equal(images.find(admin, 'debian').content.id, roots.content.id);
      assert.deepEqual((await images.remove(ROOT, hers.content.id, true)).deleted, [hers.content.id]);
    });

    test('who only knows the digest of another’s layer does not get it', async () => {
      await load(ociLayout({ secret: 'hers' }).archive, 'a', ALICE);
      const pretended = ociLayout({ secret: 'hers', corrupt: 'layer' }).archive;
      await assert.rejects(load(pretended, 'b', BOB), fails('INVALID_ARCHIVE'));
    });

    test('the same image of two users is shared on disk, and goes with the last', async () => {
      const { archive, manifestDigest } = ociLayout({});
      await load(archive, 'a', ALICE);
      await load(archive, 'b', BOB);
      assert.equal((await readdir(data('layers'))).length, 1);
      await fixture.engine.images.remove(ALICE, 'a', false);
      assert.equal(fixture.engine.images.find(BOB, 'b').content.id, manifestDigest);
      await fixture.engine.images.remove(BOB, manifestDigest, true);
      assert.deepEqual(await readdir(data('layers')), []);
      assert.deepEqual(await readdir(data('images/blobs/sha256')), []);
    });
  });

  describe('names', () => {
    test('a name that moves leaves the other image nameless', async () => {
      const first = await fixture.importImage(ALICE, 'app', 'one');
      const second = await fixture.importImage(ALICE, 'app', 'two');
      assert.equal(fixture.engine.images.find(ALICE, 'app:latest').content.id, second.content.id);
      assert.deepEqual(fixture.engine.images.find(ALICE, first.content.id).references, []);
      assert.equal(fixture.engine.images.find(ALICE, first.content.id.slice(7, 19)).content.id, first.content.id);
    });

    test('tag gives one more; remove takes one; the last takes the image', async () => {
      const { content } = await fixture.importImage(ALICE, 'app');
      await fixture.engine.images.tag(ALICE, 'app', 'registry.example:5000/team/app:v1');
      await assert.rejects(fixture.engine.images.remove(ALICE, content.id, false), fails('CONFLICT'));
      assert.deepEqual(await fixture.engine.images.remove(ALICE, 'app', false), { untagged: ['app:latest'], deleted: [] });
      const last = await fixture.engine.images.remove(ALICE, content.id, false);
      assert.deepEqual(last.deleted, [content.id]);
      assert.deepEqual(await readdir(data('layers')), []);
    });

    test('an image in use is kept, unless by force; its layers stay as long as the container', async () => {
      await fixture.importImage(ALICE, 'app');
      const container = await fixture.create(ALICE, { image: 'app', name: 'user' });
      const refused = fixture.engine.images.remove(ALICE, 'app', false);
      await assert.rejects(refused, (error) => fails('CONFLICT')(error) && (error as Failure).fields.object === 'user');
      await fixture.engine.images.remove(ALICE, 'app', true);
      assert.equal((await readdir(data('layers'))).length, 1);
      await fixture.engine.removing.remove(container, false);
      await fixture.reopen();
      assert.deepEqual(await readdir(data('layers')), []);
    });

    test('removed while a container is made of it: the container is refused, or has its layers', async () => {
      let made = 0;
      for (let round = 0; round < 24; round += 1) {
        await fixture.importImage(ALICE, 'app', `round ${round}`);
        const later = async () => {
          for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
          return fixture.engine.images.remove(ALICE, 'app', true);
        };
        const [created] = await Promise.allSettled([fixture.create(ALICE, { image: 'app' }), later()]);
        if (created.status === 'rejected') continue;
        made += 1;
        const layers = await readdir(data('layers'));
        for (const chainId of created.value.record.image.chainIds) assert.ok(layers.includes(chainId.slice(7)), `round ${round}`);
      }
      assert.ok(made > 0);
    });

    test('what a container has come to use since the collection began is not collected', async () => {
      const { content } = await fixture.importImage(ALICE, 'app');
      const held = fixture.engine.images.hold(ALICE, 'app');
      const removed = fixture.engine.images.remove(ALICE, 'app', true);
      const original = fixture.engine.registry.all.bind(fixture.engine.registry);
      // The container is there from the second time on that anybody asks: between the first look and the discarding.
      const users = [{ record: { image: { id: content.id, chainIds: content.layers.map(({ chainId }) => chainId) }, owner: ALICE, name: 'late' } }];
      let asked = 0;
      fixture.engine.registry.all = () => ((asked += 1) > 2 ? (users as never) : original());
      const unheld = new Promise<void>((resolve) => void setImmediate(() => resolve(held.release())));
      await Promise.all([removed, unheld]);
      fixture.engine.registry.all = original;
      assert.ok(asked > 2);
      assert.equal((await readdir(data('layers'))).length, 1);
    });

    test('all of it is there again after a restart', async () => {
      const { content } = await fixture.importImage(ALICE, 'app');
      await fixture.reopen();
      assert.deepEqual(fixture.engine.images.find(ALICE, 'app').content, content);
    });

    test('other tools read the store: an OCI layout', async () => {
      const { content } = await fixture.importImage(ALICE, 'app');
      assert.deepEqual(JSON.parse(await readFile(data('images/oci-layout'), 'utf8')), { imageLayoutVersion: '1.0.0' });
      const index = JSON.parse(await readFile(data('images/index.json'), 'utf8')) as { manifests: { digest: string; annotations: object }[] };
      assert.equal(index.manifests[0]?.digest, content.id);
      assert.equal(Reflect.get(index.manifests[0].annotations, 'org.opencontainers.image.ref.name'), 'app:latest');
    });
  });
});
