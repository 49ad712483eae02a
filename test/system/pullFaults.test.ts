// Pulls that go wrong, through the whole helper: a registry that lies, breaks or stalls, a caller who cancels or is killed. Nothing
// half-made stays, and what reads the network has no rights.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AbortedError, CallError } from '../../extension/client/callError.js';
import { REGISTRY_UID } from '../../helper/policy/registryProcess.js';
import type { PullSummary } from '../../protocol/images.js';
import { callAs } from '../support/callAs.js';
import { FaultyRegistry } from '../support/faultyRegistry.js';
import { ImageHelper } from '../support/imageHelper.js';
import { layerOf, registryImage, type RegistryImage } from '../support/registryContent.js';
import { digestOf } from '../support/tarBuilder.js';
import { TestClient } from '../support/testClient.js';
import { until } from '../support/until.js';
import { requires } from '../support/world.js';

describe('pulls that go wrong', requires('root', 'native', 'helper', 'image'), () => {
  const suite = ImageHelper.ofSuite();
  let registry: FaultyRegistry;
  let storedBefore: readonly string[];
  const image = registryImage({ layers: [layerOf('first', randomBytes(400_000)), layerOf('second', randomBytes(400_000))] });

  beforeEach(async () => {
    registry = await FaultyRegistry.start();
    registry.add('app', '1', image);
    storedBefore = stored();
  });
  afterEach(() => registry.stop());

  const data = (...parts: string[]) => path.join(suite.helper.directory, 'data', ...parts);
  const stored = () => ['images', 'images/blobs/sha256', 'layers'].flatMap((folder) => fs.readdirSync(data(folder))).sort();
  const pull = (client = suite.client, reference = 'app:1') =>
    client.call('image/pull', { references: [`${registry.host}/${reference}`], registries: [{ registry: registry.host, insecure: true }] });
  const fails = (code: string) => (error: unknown) => error instanceof CallError && error.data.code === code;
  const remove = (id: string) => suite.client.call('image/remove', { image: id, force: true });
  async function nothingIsLeft(): Promise<void> {
    await until(() => JSON.stringify(stored()) === JSON.stringify(storedBefore), 5000);
    assert.deepEqual((await suite.client.call('events/subscribe', {})).pulls, []);
  }

  test('a layer that has not its digest', async () => {
    const [, second = ''] = image.layerDigests;
    const lie = Buffer.from(image.blobs.get(second) ?? '');
    lie[lie.length - 9] = (lie[lie.length - 9] ?? 0) ^ 1;
    registry.fault = (_request, response, at) => at.includes(second) && (response.writeHead(200).end(lie), true);
    await assert.rejects(pull(), fails('INVALID_ARCHIVE'));
    await nothingIsLeft();
  });

  test('a layer whose content is not what the config says', async () => {
    const wrong = registryImage({ layers: [layerOf('a', 'what it is')] });
    const config = JSON.parse((wrong.blobs.get(configDigest(wrong)) ?? Buffer.from('')).toString('utf8')) as { rootfs: object };
    const other = Buffer.from(JSON.stringify({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf('something else')] } }));
    const lying = withConfig(wrong, other);
    registry.add('app', 'lying', lying);
    await assert.rejects(pull(suite.client, 'app:lying'), fails('INVALID_ARCHIVE'));
    await nothingIsLeft();
  });

  test('a registry that breaks for good in the middle', async () => {
    registry.fault = (_request, response, at) => {
      if (!at.includes(image.layerDigests[1] ?? '?')) return false;
      response.writeHead(200, { 'content-length': 400_000 }).write(Buffer.alloc(1000));
      setTimeout(() => void registry.stop().catch(() => undefined), 20);
      return true;
    };
    await assert.rejects(pull(), fails('REGISTRY'));
    await nothingIsLeft();
    registry = await FaultyRegistry.start();
  });

  test('a caller who cancels, and one who hangs up', async () => {
    registry.fault = (_request, response, at) => at.includes(image.layerDigests[0] ?? '?') && (response.writeHead(200).write(Buffer.alloc(1000)), true);
    const cancelled = assert.rejects(pull(), AbortedError);
    const { id } = await running();
    await suite.client.call('image/cancelPull', { id });
    await cancelled;
    await nothingIsLeft();
    const second = await TestClient.connect(suite.helper.socketPath);
    const lost = assert.rejects(pull(second));
    await running();
    second.close();
    await lost;
    await nothingIsLeft();
  });

  test('two callers of one pull: who leaves does not take it from the other', async () => {
    let go = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (go = resolve));
    registry.fault = (_request, response, at) => {
      if (!at.includes(image.layerDigests[0] ?? '?')) return false;
      void waiting.then(() => registry.serve(response, at));
      return true;
    };
    const second = await TestClient.connect(suite.helper.socketPath);
    const leaving = assert.rejects(pull(second));
    await running();
    const staying = pull();
    await delay(100);
    second.close();
    await leaving;
    go();
    assert.equal((await staying).image.id, image.digest);
    assert.equal(registry.requestsFor(image.layerDigests[1] ?? '?').length, 1, 'each layer has been asked for once');
    await remove(image.digest);
    await nothingIsLeft();
  });

  test('a helper that is killed in the middle', async () => {
    registry.fault = (_request, response, at) => at.includes(image.layerDigests[1] ?? '?') && (response.writeHead(200).write(Buffer.alloc(1000)), true);
    const lost = assert.rejects(pull());
    await running();
    const [worker] = registryProcesses();
    await suite.restart();
    await lost;
    await nothingIsLeft();
    await until(() => worker !== undefined && !fs.existsSync(`/proc/${worker}`), 5000);
  });

  test('a layer that the store has is not fetched again', async () => {
    await pull();
    const more = registryImage({ layers: [layerOf('first', 'x')] });
    registry.add('app', 'more', more);
    await pull(suite.client, 'app:more');
    registry.seen.length = 0;
    await pull();
    assert.equal(registry.requestsFor(image.layerDigests[0] ?? '?').length, 0);
    await remove(image.digest);
    await remove(more.digest);
    await nothingIsLeft();
  });

  test('another user does not get a layer by its digest alone', async () => {
    const params = { references: [`${registry.host}/app:1`], registries: [{ registry: registry.host, insecure: true }] };
    const [ann, bob] = [61_005, 61_006].map((uid) => (method: string, more: object) => callAs({ uid, gid: uid }, suite.helper.socketPath, [method, more]));
    assert.equal((await ann?.('image/pull', params))?.[0]?.error, undefined);
    registry.fault = (_request, response, at) => image.layerDigests.some((one) => at.includes(one)) && (response.writeHead(404).end(), true);
    assert.equal((await bob?.('image/pull', params))?.[0]?.error?.data.code, 'REGISTRY');
    await ann?.('image/remove', { image: image.digest });
    await nothingIsLeft();
  });

  test('the process that asks has ids that are nobody’s, no capabilities, a filter, and sees nothing of the host', async () => {
    registry.fault = (_request, response, at) => at.includes(image.layerDigests[0] ?? '?') && (response.writeHead(200).write(Buffer.alloc(1000)), true);
    const lost = assert.rejects(pull());
    const { id } = await running();
    const [pid] = registryProcesses();
    assert.ok(pid !== undefined);
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\t${REGISTRY_UID + 1}\\t${REGISTRY_UID + 1}\\t`, 'm'));
    for (const line of ['CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000', 'NoNewPrivs:\t1', 'Seccomp:\t2']) assert.ok(status.includes(line), line);
    for (const kind of ['mnt', 'pid', 'ipc', 'uts', 'user', 'cgroup']) {
      assert.notEqual(fs.readlinkSync(`/proc/${pid}/ns/${kind}`), fs.readlinkSync(`/proc/self/ns/${kind}`), kind);
    }
    const root = `/proc/${pid}/root`;
    for (const place of ['home', 'root', 'var', 'run', 'tmp', 'sys', 'etc/passwd', 'etc/shadow'])
      assert.equal(fs.existsSync(path.join(root, place)), false, place);
    await suite.client.call('image/cancelPull', { id });
    await lost;
    await nothingIsLeft();
  });

  async function running(): Promise<PullSummary> {
    let found: PullSummary | undefined;
    await until(async () => {
      [found] = (await suite.client.call('events/subscribe', {})).pulls;
      return found?.phase === 'downloading';
    }, 5000);
    if (found === undefined) throw new Error('no pull goes on');
    return found;
  }

  /** Of this suite's helper: their pids. */
  function registryProcesses(): readonly number[] {
    const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => {
      try {
        return (
          fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/registry.js') &&
          fs.readFileSync(`/proc/${pid}/status`, 'utf8').includes(`Uid:\t${REGISTRY_UID + 1}`)
        );
      } catch {
        return false;
      }
    });
  }
});

function configDigest({ manifest }: RegistryImage): string {
  return (JSON.parse(manifest.bytes.toString('utf8')) as { config: { digest: string } }).config.digest;
}

/** The same layers under another config. */
function withConfig(image: RegistryImage, config: Buffer): RegistryImage {
  const document = JSON.parse(image.manifest.bytes.toString('utf8')) as { config: object };
  const bytes = Buffer.from(JSON.stringify({ ...document, config: { ...document.config, digest: digestOf(config), size: config.length } }));
  const manifest = { bytes, mediaType: image.manifest.mediaType };
  return { ...image, digest: digestOf(bytes), manifest, blobs: new Map([...image.blobs, [digestOf(config), config]]) };
}
