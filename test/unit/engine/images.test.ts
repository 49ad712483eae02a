// Images: what an archive may be, what is refused and leaves nothing, who has what under which name, what is garbage.
import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Caller } from '../../../helper/engine/caller.js';
import { Failure } from '../../../helper/engine/failure.js';
import { Catalog } from '../../../helper/engine/images/catalog.js';
import type { Image, ImageContent } from '../../../helper/engine/images/image.js';
import { dockerArchive, ociLayout, type LayoutParts } from '../../support/archives.js';
import { ALICE, BOB, EngineFixture, ROOT } from '../../support/engineFixture.js';
import { digestOf, tarOf } from '../../support/tarBuilder.js';

const tinyLayer = tarOf([{ name: 'a', content: 'a' }]);

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

    test('of a layer that is said to be another’s, as a blob can make its reader say, has a folder of its own', async () => {
      const tar = tarOf([{ name: 'a', content: 'a' }]);
      const [his] = await load(tar, 'his', BOB);
      const [hers] = await load(gzipSync(tar), 'hers');
      assert.equal(his?.content.layers[0]?.diffId, hers?.content.layers[0]?.diffId);
      assert.notEqual(his?.content.layers[0]?.chainId, hers?.content.layers[0]?.chainId);
      assert.equal((await readdir(data('layers'))).length, 2);
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

    test('of one image that many descriptors name reads and unpacks it once, under all its names', async () => {
      const descriptors = Array.from({ length: 60 }, (_, i) => `example.com/app:${i}`);
      const [image, ...others] = await load(ociLayout({ descriptors }).archive);
      assert.deepEqual(image?.references, descriptors);
      assert.deepEqual(others, []);
      assert.equal(fixture.kernel.callsOf('unpackLayer').length, 1);
      const entries = Array.from({ length: 60 }, (_, i) => [`docker:${i}`]);
      fixture.kernel.calls.length = 0;
      const [saved, ...more] = await load(dockerArchive({ tags: [], linkedLayer: false, entries }), undefined, BOB);
      assert.equal(saved?.references.length, 60);
      assert.deepEqual(more, []);
      assert.equal(fixture.kernel.callsOf('unpackLayer').length, 1);
    });

    test('of indexes that name each other a thousand times each is done at once', async () => {
      const { archive, manifestDigest } = ociLayout({ nested: { depth: 3, times: 400 }, platform: { os: 'linux', architecture: 'amd64' } });
      assert.equal((await load(archive))[0]?.content.id, manifestDigest);
      const foreign = ociLayout({ nested: { depth: 3, times: 400 }, architecture: 's390x' }).archive;
      const started = process.cpuUsage();
      await assert.rejects(load(foreign), fails('INVALID_ARCHIVE'));
      const { user } = process.cpuUsage(started);
      assert.ok(user < 20_000_000, `${user} µs`);
    });

    test('of a layout with a file that does not belong there is one of a layout', async () => {
      const { archive, manifestDigest } = ociLayout({ extra: [{ name: 'README.md', content: 'hello' }] });
      assert.equal((await load(archive))[0]?.content.id, manifestDigest);
    });

    test('that is cancelled while its documents are read ends there', async () => {
      const controller = new AbortController();
      const upload = Readable.from([dockerArchive({ tags: ['app:2'], linkedLayer: false })]);
      const options = { ...fixture.importOptions(upload), signal: controller.signal };
      const done = fixture.engine.images.import(ALICE, { ...options, onProgress: ({ phase }) => phase === 'verifying' && controller.abort() });
      await assert.rejects(done, fails('CANCELLED'));
      assert.equal(fixture.kernel.callsOf('unpackLayer').length, 0);
      await nothingIsLeft();
    });

    test('of a layer that he has already can’t say that it is of another size', async () => {
      await load(ociLayout({ secret: 'hers' }).archive, 'a');
      await assert.rejects(load(ociLayout({ secret: 'hers', corrupt: 'layer', layerPadding: 1000 }).archive, 'b'), fails('INVALID_ARCHIVE'));
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
      'an image whose config says that it is for another processor': { architecture: 's390x' },
      'a command that is too long to be kept': { rawConfig: configWith({ Cmd: ['x'.repeat(100_000), 'y'.repeat(100_000)] }) },
      'a config of unbounded depth': { rawConfig: '['.repeat(5000) + ']'.repeat(5000) },
      'a config that is no JSON': { rawConfig: '{' },
      'a config of the wrong type': { rawConfig: '{"architecture":7}' },
    };
    for (const [what, parts] of Object.entries(layouts)) {
      test(`T-I04: ${what}`, async () => {
        await assert.rejects(load(ociLayout(parts).archive), fails('INVALID_ARCHIVE'));
        await nothingIsLeft();
      });
    }

    const archives: Readonly<Record<string, () => Buffer>> = {
      'nothing at all': () => Buffer.alloc(0),
      'an archive without members': () => tarOf([]),
      'no archive': () => Buffer.from('this is not a tar archive, however long it may be. '.repeat(40)),
      'gzip that breaks off': () => gzipSync(ociLayout({}).archive).subarray(0, 200),
      'a docker save archive for another processor': () => dockerArchive({ tags: ['app:2'], linkedLayer: false, architecture: 's390x' }),
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

    test('more images, more names, or longer documents than an import may have', async () => {
      const several = (count: number, pad = '') =>
        tarOf([
          ...Array.from({ length: count }, (_, i) => imageMembers(`${i}`, pad)).flat(),
          { name: 'manifest.json', content: JSON.stringify(Array.from({ length: count }, (_, i) => imageEntry(`${i}`, pad))) },
        ]);
      await assert.rejects(load(several(5)), (error) => fails('LIMIT')(error) && /4 images/.test(String(error)));
      await assert.rejects(load(several(4, 'x'.repeat(65_536))), (error) => fails('LIMIT')(error) && /documents/.test(String(error)));
      const names = Array.from({ length: 101 }, (_, i) => `app:${i}`);
      await assert.rejects(load(dockerArchive({ tags: names, linkedLayer: false })), (error) => fails('LIMIT')(error) && /100 names/.test(String(error)));
      await nothingIsLeft();
    });

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

    test('T-I14: what a user calls his image is a name for nobody else, an admin neither: only its whole id is', async () => {
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

    test('are limited, by import and by tag; who has too many can still take some away', async () => {
      const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `app:${from + i}`);
      await load(dockerArchive({ tags: names(0, 99), linkedLayer: false }));
      await fixture.engine.images.tag(ALICE, 'app:1', 'app:more');
      await assert.rejects(fixture.engine.images.tag(ALICE, 'app:1', 'app:toomany'), fails('LIMIT'));
      await assert.rejects(load(dockerArchive({ tags: ['other:1'], linkedLayer: true })), fails('LIMIT'));
      await fixture.engine.images.tag(ALICE, 'app:1', 'app:2');
      await fixture.engine.images.remove(ALICE, 'app:more', false);
      await fixture.engine.images.tag(ALICE, 'app:1', 'app:again');
      assert.equal(fixture.engine.images.find(ALICE, 'app:1').references.length, 100);
    });

    test('of everybody cost time that grows with their number and no faster', () => {
      const content = { id: digestOf('x') } as ImageContent;
      const entry = { digest: content.id, sizeBytes: 1, mediaType: '', ownerUid: 1000, importedMs: 0 };
      const entries = Array.from({ length: 40_000 }, (_, i) => ({ ...entry, reference: `app:${i}` }));
      const started = process.cpuUsage();
      const catalog = new Catalog(entries, new Map([[content.id, content]])).with(1001, content, ['one'], 0);
      assert.equal(catalog.own(1000, content.id)?.references.length, 40_000);
      const { user } = process.cpuUsage(started);
      assert.ok(user < 2_000_000, `${user} µs`);
    });

    test('documents count against a user’s bytes, and have a bound of their own', async () => {
      const padded = (secret: string) => ociLayout({ secret, labels: { padding: 'x'.repeat(30_000) } }).archive;
      await load(padded('1'), 'one');
      const image = fixture.engine.images.find(ALICE, 'one');
      assert.equal(image.content.documentBytes + (image.content.layers[0]?.sizeBytes ?? 0), image.content.sizeBytes);
      await load(padded('2'), 'two');
      await assert.rejects(load(padded('3'), 'three'), (error) => fails('LIMIT')(error) && /manifests and configs/.test(String(error)));
    });

    test('the history comes from the disk', async () => {
      const image = await fixture.importImage(ALICE, 'app');
      assert.equal((await fixture.engine.images.historyOf(image))[0]?.createdBy, 'import of a root file system');
      await fixture.engine.images.remove(ALICE, 'app', false);
      await assert.rejects(fixture.engine.images.historyOf(image), fails('NOT_FOUND'));
    });

    test('by its id all names go at once if that is said, and none while a container uses it', async () => {
      const { content } = await fixture.importImage(ALICE, 'app');
      const { images } = fixture.engine;
      await images.tag(ALICE, 'app', 'other:v1');
      const container = await fixture.create(ALICE, { image: 'app', name: 'user' });
      await assert.rejects(images.remove(ALICE, content.id, false, true), fails('CONFLICT'));
      assert.deepEqual([...images.find(ALICE, content.id).references].sort(), ['app:latest', 'other:v1']);
      await fixture.engine.removing.remove(container, false);
      const { untagged, deleted } = await images.remove(ALICE, content.id, false, true);
      assert.deepEqual([[...untagged].sort(), deleted], [['app:latest', 'other:v1'], [content.id]]);
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

    test('a layer whose folder is missing is unpacked anew from its blob', async () => {
      const { content } = await fixture.importImage(ALICE, 'app');
      const [layer = ''] = await readdir(data('layers'));
      await rm(data('layers', layer), { recursive: true });
      await fixture.reopen();
      assert.deepEqual(fixture.engine.images.find(ALICE, 'app').content, content);
      assert.deepEqual(await readdir(data('layers')), [layer]);
    });

    test('an image whose layer can’t be unpacked any more is not shown, and left as it is', async () => {
      const { content } = await fixture.importImage(ALICE, 'app');
      for (const layer of await readdir(data('layers'))) await rm(data('layers', layer), { recursive: true });
      await rm(data('images/blobs/sha256', content.layers[0]?.digest.slice(7) ?? ''));
      await fixture.reopen();
      assert.deepEqual(fixture.engine.images.all(), []);
      assert.equal((await readdir(data('images/blobs/sha256'))).length, 2);
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

function configWith(config: object): string {
  return JSON.stringify({ architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [digestOf(tinyLayer)] } });
}

/** One of several images of a docker save archive. */
function imageMembers(tag: string, padding: string): readonly { name: string; content: string | Buffer }[] {
  const config = configWith({ Labels: { tag, padding } });
  return [
    { name: `${digestOf(config).slice(7)}.json`, content: config },
    { name: `${tag.padStart(64, '0')}/layer.tar`, content: tinyLayer },
  ];
}

function imageEntry(tag: string, padding: string): object {
  const config = configWith({ Labels: { tag, padding } });
  return { Config: `${digestOf(config).slice(7)}.json`, RepoTags: [`app:${tag}`], Layers: [`${tag.padStart(64, '0')}/layer.tar`] };
}
