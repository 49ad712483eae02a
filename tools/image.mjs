// Makes dist/image/busybox.tar: the embedded default image, an OCI layout of one layer around the system's static busybox.
// Reproducible: the same busybox gives the same bytes (and so the same image id) on every machine.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBusybox } from './image/busybox.mjs';
import { rootFileSystem } from './image/rootFileSystem.mjs';
import { ociLayout } from './image/ociLayout.mjs';
import { inRepository } from './repository.mjs';
import { outputOf } from './run.mjs';

export const IMAGE_NAME = 'bulkhead/busybox:latest';
export const IMAGE_PATH = inRepository('dist/image/busybox.tar');

const COPYRIGHT = '/usr/share/doc/busybox-static/copyright';

/** Does nothing while the image is newer than busybox and than the programs that make it. */
export async function buildImage() {
  const busybox = findBusybox();
  if (busybox === undefined) throw new Error('no busybox installed, which the embedded image is made from');
  if (isUpToDate(busybox)) return;
  console.log(`image: making ${IMAGE_NAME} from ${busybox}`);
  const modified = Math.floor(fs.statSync(busybox).mtimeMs / 1000);
  const layer = rootFileSystem({
    busybox: fs.readFileSync(busybox),
    applets: (outputOf(busybox, ['--list-full']) ?? '').split('\n').filter(Boolean),
    copyright: fs.existsSync(COPYRIGHT) ? fs.readFileSync(COPYRIGHT) : null,
    modified,
  });
  fs.mkdirSync(path.dirname(IMAGE_PATH), { recursive: true });
  fs.writeFileSync(`${IMAGE_PATH}.new`, ociLayout({ name: IMAGE_NAME, layer, created: new Date(modified * 1000) }));
  fs.renameSync(`${IMAGE_PATH}.new`, IMAGE_PATH);
}

function isUpToDate(busybox) {
  if (!fs.existsSync(IMAGE_PATH)) return false;
  const sources = ['image.mjs', ...fs.readdirSync(inRepository('tools/image')).map((name) => `image/${name}`)];
  const newest = Math.max(fs.statSync(busybox).ctimeMs, ...sources.map((name) => fs.statSync(inRepository('tools', name)).mtimeMs));
  return fs.statSync(IMAGE_PATH).mtimeMs > newest;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await buildImage();
