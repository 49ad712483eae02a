// The guest's kernel, taken apart from its root file system: the image to boot, and an initial RAM disk with the few modules that
// the root disk needs. (The distribution's own initrd is made for any hardware: ten times as large, and slow to unpack in emulation.)
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from '../repository.mjs';

/** crc32c: ext4 asks for it by what it does, which modules.dep does not tell. */
const NEEDED = ['virtio_pci', 'virtio_blk', 'virtio_console', 'virtio_rng', 'crc32c_generic', 'ext4'];
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'];

/** Moves the kernel out of `root` to `folder`/kernel and writes `folder`/initrd. */
export function takeKernel(root, folder) {
  const boot = path.join(root, 'boot');
  const image = fs.readdirSync(boot).find((name) => name.startsWith('vmlinuz-'));
  if (image === undefined) throw new Error('the kernel package holds no vmlinuz');
  fs.renameSync(path.join(boot, image), path.join(folder, 'kernel'));
  fs.writeFileSync(path.join(folder, 'initrd'), initialDisk(root, image.slice('vmlinuz-'.length)));
}

function initialDisk(root, release) {
  const modules = modulesInOrder(path.join(root, 'lib/modules', release));
  const busybox = BUSYBOX.map((file) => path.join(root, file)).find((file) => fs.existsSync(file));
  const folders = ['bin', 'dev', 'disk', 'modules'].map((name) => entry(name, 0o040755, Buffer.alloc(0)));
  const files = [
    entry('init', 0o100755, fs.readFileSync(inRepository('tools/vm/guest/initrd-init.sh'))),
    entry('bin/busybox', 0o100755, fs.readFileSync(busybox)),
    ...modules.map((file, index) => entry(`modules/${String(index).padStart(3, '0')}`, 0o100644, fs.readFileSync(file))),
  ];
  return Buffer.concat([...folders, ...files, entry('TRAILER!!!', 0, Buffer.alloc(0))]);
}

/** Each after what it needs. modules.dep: `path: path…`, the needed ones with the last to be loaded first (depmod(8)). */
function modulesInOrder(folder) {
  const needs = new Map();
  for (const line of fs.readFileSync(path.join(folder, 'modules.dep'), 'utf8').split('\n').filter(Boolean)) {
    const [file, rest] = line.split(':');
    needs.set(path.basename(file).replace(/\.ko$/, '').replaceAll('-', '_'), [...rest.trim().split(' ').filter(Boolean).reverse(), file]);
  }
  // What the kernel has built in is not in the list.
  const wanted = NEEDED.flatMap((name) => needs.get(name) ?? []);
  return [...new Set(wanted)].map((file) => path.join(folder, file));
}

/** One file of a cpio archive in the form "newc", the one that the kernel unpacks (its initramfs buffer format). */
function entry(name, mode, content) {
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header, 'latin1')), padded(content)]);
}

const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
