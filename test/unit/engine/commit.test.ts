// Images made of containers: who is frozen and thawed, what of the container's image stays, what a failure leaves, blobs made on demand.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { imageChanges } from '../../../protocol/containers.js';
import type { Container } from '../../../helper/engine/containers/container.js';
import { Failure } from '../../../helper/engine/failure.js';
import { changedConfig } from '../../../helper/engine/images/changes.js';
import { decodeDocument, imageConfig, ociLayerType, type ImageConfig } from '../../../helper/engine/images/documents.js';
import type { Image } from '../../../helper/engine/images/image.js';
import { ALICE, BOB, EngineFixture } from '../../support/engineFixture.js';
import { digestOf } from '../../support/tarBuilder.js';

const fails = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;
const NEVER = new AbortController().signal;

describe('a commit', () => {
  let fixture: EngineFixture;
  beforeEach(async () => {
    fixture = await EngineFixture.open();
    await fixture.importImage(ALICE);
  });
  afterEach(() => fixture.close());

  const options = { changes: imageChanges.parse({}), author: undefined, message: undefined, pause: true, onProgress: () => undefined as void, signal: NEVER };
  const commit = (container: Container, more: Partial<typeof options> & { reference?: string } = {}): Promise<Image> =>
    fixture.engine.committing.commit(ALICE, container, { reference: 'made', ...options, ...more });
  const data = (...parts: string[]) => path.join(fixture.folder, 'data', ...parts);
  const frozen = () => fixture.kernel.callsOf('cgroupFreeze').map(({ args }) => args[1]);
  const blobs = async () => (await readdir(data('images/blobs/sha256'))).length;
  const unused = Readable.from([]);

  test('of a container that runs freezes it meanwhile, and shows it running', async () => {
    const container = await fixture.running(ALICE);
    const seen: string[] = [];
    container.watch(() => seen.push(container.state.status));
    const image = await commit(container);
    assert.deepEqual(image.references, ['made:latest']);
    assert.deepEqual(frozen(), [true, false]);
    assert.deepEqual([container.state.status, seen], ['running', []]);
  });

  test('freezes nobody who does not run, is paused already, or is not to be frozen', async () => {
    await commit(await fixture.create(ALICE));
    await commit(await fixture.running(ALICE), { pause: false });
    assert.deepEqual(frozen(), []);
    const paused = await fixture.running(ALICE);
    await fixture.engine.stopping.pause(paused);
    await commit(paused);
    assert.deepEqual([frozen(), paused.state.status], [[true], 'paused']);
  });

  test('that fails, or is cancelled, thaws the container and leaves nothing', async () => {
    const container = await fixture.running(ALICE);
    const before = [await readdir(data('layers')), await blobs()];
    fixture.kernel.failNext('commitLayer', 'ENOSPC', 28, 'unpack', 'f');
    await assert.rejects(commit(container), fails('NO_SPACE'));
    fixture.kernel.failNext('commitLayer', 'EINVAL', 22, 'read-tree', '.wh.f');
    await assert.rejects(commit(container), fails('CONFLICT'));
    fixture.kernel.failNext('commitLayer', 'ECANCELED', 125, 'read-tree', '');
    await assert.rejects(commit(container, { signal: AbortSignal.abort() }), fails('CANCELLED'));
    assert.deepEqual(frozen(), [true, false, true, false, true, false]);
    assert.deepEqual([await readdir(data('layers')), await blobs()], before);
    assert.equal(fixture.engine.images.all().length, 1);
  });

  test('keeps the container where it is until it is done', async () => {
    const container = await fixture.create(ALICE);
    let removed: Promise<void> | undefined;
    const onProgress = () => {
      removed ??= fixture.engine.removing.remove(container, false);
    };
    await commit(container, { onProgress });
    assert.ok(removed);
    await removed;
    await assert.rejects(commit(container), fails('NOT_FOUND'));
  });

  test('of a container whose image is gone is refused', async () => {
    const container = await fixture.create(ALICE);
    await fixture.engine.images.remove(ALICE, 'base', true);
    await assert.rejects(commit(container), fails('CONFLICT'));
  });

  test('has a layer without a blob, until it travels; then one, under the same digest each time', async () => {
    const container = await fixture.create(ALICE);
    const before = await blobs();
    const image = await commit(container);
    assert.equal(await blobs(), before + 2, 'manifest and config');
    const first = await fixture.engine.packing.portable(ALICE, 'made', NEVER);
    first.release();
    const second = await fixture.engine.packing.portable(ALICE, 'made', NEVER);
    second.release();
    assert.deepEqual([second.id, second.layerDigests], [first.id, first.layerDigests]);
    assert.equal(first.id, digestOf(first.manifest));
    assert.notEqual(first.id, image.content.id);
    assert.equal(fixture.kernel.callsOf('packLayer').length, 1);
    assert.equal(await blobs(), before + 3);
    await fixture.reopen();
    (await fixture.engine.packing.portable(ALICE, 'made', NEVER)).release();
    assert.equal(fixture.kernel.callsOf('packLayer').length, 1, 'the next helper knows it, too');
    await fixture.engine.images.remove(ALICE, 'made', false);
    assert.equal(await blobs(), before, 'and with its last image it goes');
  });

  test('whose layer is not what it was when it is to travel says so', async () => {
    const { content } = await commit(await fixture.create(ALICE));
    await writeFile(data('layers', content.layers.at(-1)?.chainId.slice(7) ?? '', 'committed'), 'changed');
    await assert.rejects(fixture.engine.packing.portable(ALICE, 'made', NEVER), fails('INVALID_ARCHIVE'));
    assert.deepEqual((await readdir(data('images'))).sort(), ['blobs', 'index.json', 'oci-layout']);
  });

  test('of what is committed already builds on it; what no blob is needed for is not missed', async () => {
    const first = await commit(await fixture.create(ALICE));
    const second = await commit(await fixture.create(ALICE, { image: 'made' }), { reference: 'further' });
    assert.equal(second.content.layers.length, 3);
    assert.deepEqual(second.content.layers.slice(0, 2), first.content.layers);
    await fixture.engine.images.remove(ALICE, 'made', true);
    const portable = await fixture.engine.packing.portable(ALICE, 'further', NEVER);
    portable.release();
    const config = JSON.parse(await readFile(data('images/blobs/sha256', portable.configDigest.slice(7)), 'utf8')) as ImageConfig;
    assert.equal(config.history?.length, 3);
  });

  test('takes one of the few places that a user has for imports', async () => {
    const containers = await Promise.all([1, 2, 3].map(() => fixture.create(ALICE)));
    const outcomes = await Promise.allSettled(containers.map((container, at) => commit(container, { reference: `made:${at}` })));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected'],
    );
    await assert.rejects(
      fixture.engine.images.import(BOB, fixture.importOptions(unused)),
      (error) => error instanceof Failure && error.code !== 'LIMIT',
      'others have theirs',
    );
  });
});

describe('a changed config', () => {
  const parent = decodeDocument(
    imageConfig,
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        container: 'abc',
        config: { Env: ['PATH=/bin', 'A=1'], Cmd: ['sh'], Labels: { a: '1' }, Healthcheck: { Test: ['NONE'] } },
        rootfs: { type: 'layers', diff_ids: [digestOf('x')] },
        history: [{ created_by: 'x' }],
      }),
    ),
    'parent',
  );
  const layer = { diffId: digestOf('y'), createdMs: 1_000_000_000_000, createdBy: 'sh', author: undefined, message: undefined };
  const changed = (changes: object) => JSON.parse(changedConfig(parent, imageChanges.parse(changes), layer).bytes.toString()) as ImageConfig;

  test('says what its parent said, and what is new', () => {
    const made = changed({ environment: ['A=2', 'B=3'], labels: { b: '2' }, command: [] });
    assert.deepEqual(made.config, { Env: ['PATH=/bin', 'A=2', 'B=3'], Cmd: [], Labels: { a: '1', b: '2' }, Healthcheck: { Test: ['NONE'] } });
    assert.deepEqual(made.rootfs.diff_ids, [digestOf('x'), digestOf('y')]);
    assert.equal(made.created, '2001-09-09T01:46:40.000Z');
    assert.equal('container' in made, false);
    assert.deepEqual(changed({}).config, parent.config);
  });

  test('never becomes what could not be read again', () => {
    const long = Array.from({ length: 4000 }, (_, at) => `V${at}=${'x'.repeat(300)}`);
    assert.throws(() => changed({ environment: long }), fails('LIMIT'));
    const full = { ...parent, rootfs: { ...parent.rootfs, diff_ids: Array<string>(256).fill(digestOf('x')) } };
    assert.throws(() => changedConfig(full, imageChanges.parse({}), layer), fails('LIMIT'));
  });

  test('goes with layers by their OCI names', () => {
    assert.equal(ociLayerType('application/vnd.docker.image.rootfs.diff.tar.gzip'), 'application/vnd.oci.image.layer.v1.tar+gzip');
    assert.equal(ociLayerType('application/vnd.docker.image.rootfs.foreign.diff.tar'), 'application/vnd.oci.image.layer.nondistributable.v1.tar');
    assert.equal(ociLayerType('application/vnd.oci.image.layer.v1.tar+zstd'), 'application/vnd.oci.image.layer.v1.tar+zstd');
  });
});
