// An OCI image layout (image-spec: image-layout.md) of one image of one layer, as a tar archive.
import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { tarArchive } from './tarArchive.mjs';

const MEDIA = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  index: 'application/vnd.oci.image.index.v1+json',
};

/** `layer`: a tar archive, plain. */
export function ociLayout({ name, layer, created }) {
  const compressed = gzip(layer);
  const config = json(imageConfig({ diffId: digest(layer), created }));
  const manifest = json({
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: descriptor(MEDIA.config, config),
    layers: [descriptor(MEDIA.layer, compressed)],
  });
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1) };
  const index = { schemaVersion: 2, mediaType: MEDIA.index, manifests: [{ ...descriptor(MEDIA.manifest, manifest), annotations }] };
  const folder = (path) => ({ path, type: 'directory', mode: 0o755 });
  const file = (path, content) => ({ path, type: 'file', mode: 0o644, content });
  const blobs = [compressed, config, manifest].map((content) => file(`blobs/sha256/${digest(content).slice(7)}`, content));
  return tarArchive(
    [file('oci-layout', json({ imageLayoutVersion: '1.0.0' })), file('index.json', json(index)), folder('blobs'), folder('blobs/sha256'), ...blobs],
    Math.floor(created / 1000),
  );
}

function imageConfig({ diffId, created }) {
  return {
    created: created.toISOString(),
    architecture: 'amd64',
    os: 'linux',
    config: {
      // ENV names the file that an interactive ash reads: the prompt.
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'ENV=/etc/profile'],
      Cmd: ['/bin/sh'],
      WorkingDir: '/',
      Labels: {
        'org.opencontainers.image.title': 'busybox',
        'org.opencontainers.image.description': 'A shell and some 250 small tools in one file',
        'org.opencontainers.image.licenses': 'GPL-2.0-only',
      },
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created: created.toISOString(), created_by: 'tools/image.mjs', comment: 'busybox and a few files in /etc' }],
  };
}

/** Byte 9 of gzip's header is the operating system it was made on. */
function gzip(content) {
  const compressed = zlib.gzipSync(content, { level: 9 });
  compressed[9] = 255;
  return compressed;
}

const json = (value) => Buffer.from(JSON.stringify(value));
const digest = (content) => `sha256:${crypto.createHash('sha256').update(content).digest('hex')}`;
const descriptor = (mediaType, content) => ({ mediaType, digest: digest(content), size: content.length });
