// What the guest is made of and where it is kept. A change of any file in this folder, or of QEMU, makes a new one.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inRepository } from '../repository.mjs';
import { outputOf } from '../run.mjs';

export const SUITE = 'bookworm';
/** A -cloud- kernel would lack 9p. */
export const KERNEL = 'linux-image-amd64';
export const PACKAGES = [
  ...['systemd-sysv', 'libpam-systemd', 'dbus', 'dbus-user-session', 'udev', 'kmod', 'passwd', 'uidmap'],
  ...['iproute2', 'procps', 'busybox-static', 'zstd', 'libstdc++6'],
];
/** Who is an ordinary user there, with subordinate ids and a service manager of his own. */
export const USER = { name: 'dev', uid: 1000 };
export const CPUS = 2;
export const MEMORY_MIB = 2048;
export const DISK_GIB = 8;

/** Why the guest can't be had here; null: it can. */
export function missingForGuest() {
  if (process.geteuid() !== 0) return 'not root';
  const absent = ['qemu-system-x86_64', 'qemu-img', 'mmdebstrap', 'mke2fs'].filter((name) => outputOf('/bin/sh', ['-c', `command -v ${name}`]) === null);
  return absent.length === 0 ? null : `there is no ${absent.join(', ')} (only on Debian and Ubuntu does npm test install what the guest needs)`;
}

/** Emulation unless the processor can run a whole system: /dev/kvm alone doesn't tell, nested ones often can't. */
export function accelerator() {
  const chosen = process.env.BULKHEAD_VM_ACCELERATOR;
  if (chosen !== undefined) return chosen;
  const flags = /^flags\s*:.*\b(vmx|svm)\b/m.test(fs.readFileSync('/proc/cpuinfo', 'utf8'));
  return flags && isWritable('/dev/kvm') ? 'kvm' : 'tcg';
}

/** { folder: where this guest is kept, others: where former ones were }. */
export function cache() {
  const parent = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'bulkhead');
  const name = `vm-${fingerprint()}`;
  const others = fs.existsSync(parent) ? fs.readdirSync(parent).filter((entry) => /^vm-[0-9a-f]{16}$/.test(entry) && entry !== name) : [];
  return { folder: path.join(parent, name), others: others.map((entry) => path.join(parent, entry)) };
}

function fingerprint() {
  const hash = crypto.createHash('sha256');
  hash.update(`${outputOf('qemu-system-x86_64', ['--version'])}\0${accelerator()}\0`);
  for (const file of ['settings.mjs', 'image.mjs', 'kernel.mjs', 'machine.mjs', 'saved.mjs', ...guestFiles()]) {
    hash.update(`${file}\0`).update(fs.readFileSync(inRepository('tools/vm', file)));
  }
  return hash.digest('hex').slice(0, 16);
}

const guestFiles = () =>
  fs
    .readdirSync(inRepository('tools/vm/guest'))
    .sort()
    .map((name) => `guest/${name}`);

function isWritable(file) {
  try {
    fs.accessSync(file, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
