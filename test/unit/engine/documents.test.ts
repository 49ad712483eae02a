// The documents of images, changed at random a few thousand times: each is refused as a bad archive, or what comes out of it is within
// its bounds. The seed is fixed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { imageContent } from '../../../helper/engine/images/content.js';
import { decodeDocument, dockerManifest, imageConfig, imageIndex, imageManifest, OCI_MANIFEST } from '../../../helper/engine/images/documents.js';
import { resolvedImage } from '../../../helper/engine/images/pull/resolved.js';
import { Failure } from '../../../helper/engine/failure.js';
import { Mutations } from '../../support/mutations.js';
import { digestOf } from '../../support/tarBuilder.js';

const ROUNDS = 600;
const DIGEST = digestOf('x');
const descriptor = (mediaType: string) => ({ mediaType: `application/vnd.oci.image.${mediaType}`, digest: DIGEST, size: 1234, annotations: { a: 'b' } });

const CONFIG = {
  architecture: 'amd64',
  os: 'linux',
  created: '2026-01-01T00:00:00Z',
  config: {
    User: 'web',
    Env: ['A=b', 'C=d'],
    Entrypoint: ['/entry'],
    Cmd: ['run'],
    WorkingDir: '/',
    Labels: { a: 'b' },
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGTERM',
  },
  rootfs: { type: 'layers', diff_ids: [DIGEST, DIGEST] },
  history: [{ created: '2026-01-01T00:00:00Z', created_by: 'x', comment: 'y', empty_layer: false }],
};
const MANIFEST = {
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: descriptor('config.v1+json'),
  layers: [descriptor('layer.v1.tar'), descriptor('layer.v1.tar+gzip')],
};
const INDEX = { schemaVersion: 2, manifests: [{ ...descriptor('manifest.v1+json'), platform: { os: 'linux', architecture: 'amd64', variant: 'v1' } }] };
const DOCKER = [{ Config: `${'a'.repeat(64)}.json`, RepoTags: ['a:1'], Layers: ['a/layer.tar', 'b/layer.tar'] }];

describe('documents changed at random', () => {
  /** What comes out; null: it was refused. Any other failure than a bad archive is a bug. */
  function decoded<S extends z.ZodType>(schema: S, bytes: Buffer): z.output<S> | null {
    return refusable(() => decodeDocument(schema, bytes, 'document'));
  }

  /** Both must happen, or the changes are too many or too few to tell anything. */
  function rounds(seed: number, round: (mutations: Mutations) => boolean): void {
    const mutations = new Mutations(seed);
    let taken = 0;
    for (let count = 0; count < ROUNDS; count += 1) taken += round(mutations) ? 1 : 0;
    assert.ok(taken > ROUNDS / 20 && taken < (ROUNDS * 19) / 20, `${taken} taken`);
    assert.equal(Reflect.get({}, 'manifests'), undefined, 'no prototype has been changed');
  }

  test('manifests', () => {
    rounds(1, (mutations) => {
      const manifest = decoded(imageManifest, mutations.of(MANIFEST));
      for (const { digest, size, mediaType } of manifest === null ? [] : [manifest.config, ...manifest.layers]) {
        assert.match(digest, /^sha256:[0-9a-f]{64}$/);
        assert.ok(Number.isSafeInteger(size) && size >= 0 && mediaType.length <= 256);
      }
      assert.ok(manifest === null || manifest.layers.length <= 256);
      return manifest !== null;
    });
  });

  test('indexes, and manifest.json', () => {
    rounds(2, (mutations) => {
      const index = decoded(imageIndex, mutations.of(INDEX));
      for (const { digest } of index?.manifests ?? []) assert.match(digest, /^sha256:[0-9a-f]{64}$/);
      const docker = decoded(dockerManifest, mutations.of(DOCKER));
      for (const { Config, Layers } of docker ?? []) assert.ok(Config.length <= 4096 && Layers.length <= 256);
      return index !== null && docker !== null;
    });
  });

  test('configs: what is kept of them in memory stays small', () => {
    const manifest = decodeDocument(imageManifest, Buffer.from(JSON.stringify(MANIFEST)), 'manifest');
    rounds(3, (mutations) => {
      const config = decoded(imageConfig, mutations.of(CONFIG));
      const content = config && refusable(() => imageContent({ digest: DIGEST, sizeBytes: 1 }, manifest, config));
      assert.ok(content === null || JSON.stringify(content).length < 256 * 1024);
      return content !== null;
    });
  });

  test('what the registry process says it has found', () => {
    const sent = (bytes: Buffer) => ({ digest: DIGEST, base64: bytes.toString('base64'), mediaType: OCI_MANIFEST });
    rounds(4, (mutations) => {
      const configBytes = mutations.of(CONFIG);
      const named = { ...MANIFEST, config: { ...MANIFEST.config, digest: digestOf(configBytes), size: configBytes.length } };
      const manifestBytes = mutations.number(2) === 0 ? mutations.of(named) : Buffer.from(JSON.stringify(named));
      const image = refusable(() => resolvedImage({ indexes: [], manifest: sent(manifestBytes), config: sent(configBytes) }, null));
      if (image !== null) assert.deepEqual([image.content.id, image.config.digest], [digestOf(manifestBytes), digestOf(configBytes)]);
      return image !== null;
    });
  });
});

function refusable<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof Failure && error.code === 'INVALID_ARCHIVE', String(error));
    return null;
  }
}
