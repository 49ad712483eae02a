// Images on their way out: pushed to Debian's registry, saved as archives; and what is removed when nobody needs it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { CallError } from '../../extension/client/callError.js';
import { startDebianRegistry, type DebianRegistry } from '../support/debianRegistry.js';
import { FaultyRegistry } from '../support/faultyRegistry.js';
import { IMAGE, ImageHelper } from '../support/imageHelper.js';
import { layerOf, registryImage } from '../support/registryContent.js';
import { requires } from '../support/world.js';

const LOGIN = { username: 'ann', password: 'secret' };
const NEEDED = ['root', 'native', 'helper', 'image', 'registry'] as const;

describe('images on their way out', requires(...NEEDED), () => {
  const suite = ImageHelper.ofSuite();
  let registry: DebianRegistry;
  before(async () => {
    registry = await startDebianRegistry(LOGIN);
  });
  after(() => registry.stop());
  afterEach(async () => {
    for (const { references } of (await suite.client.call('image/list', {})).images) {
      for (const reference of references) if (!reference.startsWith(IMAGE)) await suite.client.call('image/remove', { image: reference });
    }
    await suite.client.call('image/prune', {});
  });

  const access = (host = registry.host) => ({ registry: host, insecure: true, credential: { kind: 'password', ...LOGIN } as const });
  const push = (image: string, reference?: string, host?: string) =>
    suite.client.call('image/push', { image, registry: access(host), ...(reference === undefined ? {} : { reference }) });
  const pull = (reference: string) => suite.client.call('image/pull', { references: [reference], registries: [access()] });

  test('pushed with a login, and pulled again: the same digest', async () => {
    const name = `${registry.host}/team/busybox:1`;
    const { digest, pushedBytes } = await push(IMAGE, name);
    assert.ok(pushedBytes > 0);
    assert.equal((await pull(name)).image.id, digest);
    assert.equal((await push(IMAGE, name)).pushedBytes, 0, 'what it has is not sent again');
    const without = suite.client.call('image/push', { image: IMAGE, reference: name, registry: { registry: registry.host, insecure: true } });
    await assert.rejects(without, (error) => error instanceof CallError && error.data.registry === 'unauthorized');
  });

  test('a layer that another repository of the registry has is taken over from there', async () => {
    const first = `${registry.host}/first/app:1`;
    await push(IMAGE, first);
    await suite.client.call('image/tag', { image: IMAGE, reference: first });
    const { pushedBytes } = await push(IMAGE, `${registry.host}/second/app:1`);
    assert.equal(pushedBytes, 0);
    assert.equal((await pull(`${registry.host}/second/app:1`)).isNew, false);
  });

  test('a layer of several pieces comes whole, also when one of them breaks', async () => {
    const content = randomBytes(20 * 2 ** 20);
    const image = registryImage({ layers: [layerOf('big', content)] });
    const faulty = await FaultyRegistry.start();
    try {
      faulty.add('app', '1', image);
      const source = `${faulty.host}/app:1`;
      await suite.client.call('image/pull', { references: [source], registries: [{ registry: faulty.host, insecure: true }] });
      const uploads = acceptUploads(faulty);
      await push(source, `${faulty.host}/other:1`, faulty.host);
      const [layer = ''] = image.layerDigests;
      assert.ok(uploads.get(layer)?.equals(image.blobs.get(layer) ?? Buffer.alloc(0)), 'not a byte is lost or sent twice');
    } finally {
      await faulty.stop();
    }
  });

  test('saved, and imported again: the same image, under its names', async () => {
    const summaryBefore = (await suite.client.call('image/inspect', { image: IMAGE })).summary;
    const bytes = await save([IMAGE]);
    const [image] = await suite.client.importBytes(bytes);
    assert.equal(image?.id, summaryBefore.id);
    assert.ok(bytes.equals(await save([IMAGE])), 'the same image gives the same bytes');
  });

  test('saved: skopeo and podman read it, as a layout and as a docker archive', requires('skopeo', 'podman'), async () => {
    const folder = fs.mkdtempSync(path.join(suite.helper.directory, 'saved-'));
    const file = path.join(folder, 'image.tar');
    fs.writeFileSync(file, await save([IMAGE]));
    const { summary, layers } = await suite.client.call('image/inspect', { image: IMAGE });
    for (const transport of ['oci-archive', 'docker-archive']) {
      const raw = execFileSync('skopeo', ['inspect', '--config', `${transport}:${file}`]).toString('utf8');
      const { rootfs } = JSON.parse(raw) as { rootfs: { diff_ids: string[] } };
      assert.deepEqual(
        rootfs.diff_ids,
        layers.map(({ diffId }) => diffId),
        transport,
      );
    }
    const store = ['--root', path.join(folder, 'root'), '--runroot', path.join(folder, 'run'), '--storage-driver', 'vfs'];
    execFileSync('podman', [...store, 'load', '--input', file], { stdio: 'pipe' });
    const listed = execFileSync('podman', [...store, 'images', '--format', '{{.Digest}} {{.Repository}}']).toString('utf8');
    assert.ok(listed.includes(IMAGE), listed);
    assert.ok(summary.id !== '');
  });

  test('pruned: only what no container uses; beforehand it is said what would go', async () => {
    const image = registryImage({ layers: [layerOf('a', randomBytes(100_000))] });
    await registry.push('old', '1', image);
    await pull(`${registry.host}/old:1`);
    const { id } = await suite.client.create({ image: IMAGE, command: ['true'] });
    const dry = await suite.client.call('image/prune', { all: true, dryRun: true });
    assert.deepEqual(
      dry.images.map((one) => one.id),
      [image.digest],
    );
    assert.ok(dry.freedBytes > 100_000);
    const usage = await suite.client.call('image/usage', {});
    assert.equal(usage.images.find((one) => one.id === image.digest)?.sharedBytes, 0);
    assert.equal(usage.images.find((one) => one.id !== image.digest)?.containers.length, 1);
    const done = await suite.client.call('image/prune', { all: true });
    assert.equal(done.freedBytes, dry.freedBytes);
    assert.equal(
      (await suite.client.call('image/list', {})).images.some((one) => one.id === image.digest),
      false,
    );
    await suite.client.call('container/remove', { container: id });
  });

  const save = (images: string[]): Promise<Buffer> => suite.client.save(images);
});

/** Takes uploads piece by piece; the second piece of the first is half taken, and the connection cut. What has come, by digest. */
function acceptUploads(registry: FaultyRegistry): ReadonlyMap<string, Buffer> {
  const ended = new Map<string, Buffer>();
  /** By their places. */
  const uploads = new Map<string, Buffer>();
  let isBroken = false;
  registry.fault = (request, response, at) => {
    if (!at.startsWith('/v2/other/')) return false;
    const url = new URL(at, 'http://x');
    const place = url.pathname;
    const taken = uploads.get(place) ?? Buffer.alloc(0);
    const answer = (status: number, headers = {}) => (response.writeHead(status, headers).end(), true);
    switch (request.method) {
      case 'HEAD':
        return answer(404);
      case 'POST': {
        const location = `/v2/other/blobs/uploads/${uploads.size}`;
        uploads.set(location, Buffer.alloc(0));
        return answer(202, { location });
      }
      case 'GET':
        return answer(204, { range: `0-${taken.length - 1}`, location: place });
      case 'PATCH': {
        const isCut = taken.length > 0 && !isBroken;
        isBroken ||= isCut;
        const parts: Buffer[] = [taken];
        request.on('data', (chunk: Buffer) => {
          parts.push(isCut ? chunk.subarray(0, 1000) : chunk);
          uploads.set(place, Buffer.concat(parts));
          if (isCut) request.socket.destroy();
        });
        request.on('end', () => answer(202, { location: place }));
        return true;
      }
      default:
        ended.set(url.searchParams.get('digest') ?? '', taken);
        request.resume();
        return answer(201);
    }
  };
  return ended;
}
