// Images between us and others, both ways: archives, and by a registry in the middle. The same layers arrive, whoever wrote them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startDebianRegistry, type DebianRegistry } from '../../support/debianRegistry.js';
import { startHelper, type TestHelper } from '../../support/helper.js';
import { TestClient } from '../../support/testClient.js';
import { requires } from '../../support/world.js';
import { call, IMAGE_FILE } from '../support/clientRuntime.js';
import { IMAGE, Podman } from '../support/podman.js';

const OURS = 'bulkhead/busybox';

describe('images between engines', requires('root', 'native', 'runtime', 'helper', 'image', 'podman', 'skopeo', 'registry'), () => {
  let helper: TestHelper;
  let client: TestClient;
  let podman: Podman;
  let registry: DebianRegistry;
  before(async () => {
    helper = await startHelper();
    client = await TestClient.connect(helper.socketPath);
    podman = new Podman();
    registry = await startDebianRegistry();
  });
  after(async () => {
    client.close();
    await helper.stop();
    await registry.stop();
    assert.deepEqual(podman.end(), []);
  });

  const skopeo = (...words: readonly string[]): string => {
    const { status, stdout, stderr } = call('skopeo', words, { env: { ...process.env, TMPDIR: podman.directory } });
    assert.equal(status, 0, `skopeo ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const diffIds = async (image: string): Promise<readonly string[]> => (await client.call('image/inspect', { image })).layers.map(({ diffId }) => diffId);
  const theirDiffIds = (image: string): readonly string[] =>
    JSON.parse(podman.must('image', 'inspect', '--format', '{{json .RootFS.Layers}}', image)) as string[];
  const pull = (name: string) =>
    client.call('image/pull', { references: [`${registry.host}/${name}`], registries: [{ registry: registry.host, insecure: true }] });
  const runs = async (image: string): Promise<void> => {
    const { id, output } = await client.runToEnd({ image, command: ['echo', 'it runs'] });
    assert.equal(output, 'it runs\n');
    await client.call('container/remove', { container: id });
  };
  const save = async (image: string): Promise<string> => {
    const file = podman.at('ours.tar');
    fs.writeFileSync(file, await client.save([image]));
    return file;
  };

  for (const format of ['docker-archive', 'oci-archive'] as const) {
    test(`podman save --format ${format}, read by us`, async () => {
      const file = podman.at(`${format}.tar`);
      podman.must('save', '--quiet', '--format', format, '--output', file, IMAGE);
      const [image] = await client.importBytes(fs.readFileSync(file), `theirs-${format}`);
      assert.deepEqual(await diffIds(image?.id ?? ''), theirDiffIds(IMAGE));
      await runs(`theirs-${format}`);
    });

    test(`skopeo copy to ${format}, read by us`, async () => {
      const file = podman.at(`skopeo-${format}.tar`);
      skopeo('copy', '--quiet', `oci-archive:${IMAGE_FILE}`, `${format}:${file}:localhost/copied:1`);
      await client.importBytes(fs.readFileSync(file), `copied-${format}`);
      assert.deepEqual(await diffIds(`copied-${format}`), theirDiffIds(IMAGE));
    });
  }

  test('what we save, read by podman and copied by skopeo', async () => {
    await client.importFile(IMAGE_FILE);
    const file = await save(OURS);
    podman.mustUnseen('load', '--quiet', '--input', file);
    assert.deepEqual(theirDiffIds(OURS), await diffIds(OURS));
    skopeo('copy', '--quiet', `oci-archive:${file}`, `dir:${podman.at('dir')}`);
    const manifest = JSON.parse(fs.readFileSync(podman.at('dir/manifest.json'), 'utf8')) as { layers: unknown[] };
    assert.equal(manifest.layers.length, (await diffIds(OURS)).length);
  });

  test('what we push, pulled by podman and skopeo', async () => {
    await client.importFile(IMAGE_FILE);
    const name = `${registry.host}/ours/busybox:1`;
    const { digest } = await client.call('image/push', { image: OURS, reference: name, registry: { registry: registry.host, insecure: true } });
    assert.ok(skopeo('inspect', '--tls-verify=false', `docker://${name}`).includes(digest));
    skopeo('copy', '--quiet', '--src-tls-verify=false', `docker://${name}`, `oci:${podman.at('layout')}:1`);
    podman.mustUnseen('pull', '--quiet', '--tls-verify=false', name);
    assert.deepEqual(theirDiffIds(name), await diffIds(OURS));
    podman.must('rmi', name);
  });

  const kinds = [
    { what: 'oci', options: ['--format', 'oci'], mediaType: /oci.*\+gzip$/ },
    { what: 'v2s2', options: ['--format', 'v2s2'], mediaType: /docker.*\.gzip$/ },
    { what: 'zstd', options: ['--format', 'oci', '--compression-format', 'zstd'], mediaType: /oci.*\+zstd$/ },
  ];
  for (const { what, options, mediaType } of kinds) {
    test(`what podman pushes as ${what}, pulled by us`, async () => {
      const name = `theirs/${what}:1`;
      podman.mustUnseen('push', '--quiet', '--tls-verify=false', ...options, IMAGE, `${registry.host}/${name}`);
      const { image } = await pull(name);
      assert.match((await client.call('image/inspect', { image: image.id })).layers[0]?.mediaType ?? '', mediaType);
      assert.deepEqual(await diffIds(image.id), theirDiffIds(IMAGE));
      await runs(`${registry.host}/${name}`);
    });
  }
});
