// The guest's root file system: a small Debian with systemd, made by mmdebstrap and written into a disk image. Needs root.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from '../repository.mjs';
import { run } from '../run.mjs';
import { takeKernel } from './kernel.mjs';
import { DISK_GIB, KERNEL, PACKAGES, SUITE, USER } from './settings.mjs';

/** What would only delay the boot, or act by itself while a test looks. */
const UNWANTED_UNITS = ['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer'];
/** Drivers of hardware that the machine has not: udev would look through them. */
const UNWANTED_MODULES = ['arch', 'sound', 'drivers/gpu', 'drivers/media', 'drivers/infiniband', 'drivers/net/ethernet', 'drivers/net/wireless', 'drivers/usb'];

/** Makes `folder`/kernel, `folder`/initrd and `folder`/root.img. */
export async function buildImage(folder) {
  const root = path.join(folder, 'root');
  await run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${PACKAGES.join(',')}`, `--customize-hook=${unpackKernel()}`, SUITE, root]);
  configure(root);
  await run('chroot', [root, 'useradd', '--create-home', '--shell', '/bin/bash', '--uid', String(USER.uid), USER.name]);
  takeKernel(root, folder);
  await run('mke2fs', ['-q', '-t', 'ext4', '-d', root, path.join(folder, 'root.img'), `${DISK_GIB}G`]);
  fs.rmSync(root, { recursive: true });
}

/** Unpacked, not installed: the package would bring the tools that make an initrd for any machine, and run them. $1: the root. */
function unpackKernel() {
  const removed = UNWANTED_MODULES.map((name) => `"$1"/lib/modules/*/kernel/${name}`).join(' ');
  return [
    'set -e; cd "$1/tmp"',
    'export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"',
    `name=$(apt-cache depends ${KERNEL} | sed -n "s/^ *Depends: \\(linux-image-[0-9].*\\)/\\1/p")`,
    'apt-get -q=2 -o APT::Sandbox::User=root download "$name"',
    'dpkg-deb --fsys-tarfile "$name"_*.deb | tar -x --keep-directory-symlink -C "$1"',
    'rm "$name"_*.deb',
    `rm -rf ${removed}`,
    'chroot "$1" depmod "$(ls "$1/lib/modules")"',
  ].join('\n');
}

function configure(root) {
  const write = (name, text, mode = 0o644) => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text, { mode });
  };
  write('etc/hostname', 'guest\n');
  write('etc/hosts', '127.0.0.1 localhost guest\n::1 localhost\n');
  write('etc/fstab', '/dev/vda / ext4 defaults 0 0\n');
  // Where there is an id, systemd takes the boot for none of the first kind, in which it enables every unit anew.
  write('etc/machine-id', `${crypto.randomUUID().replaceAll('-', '')}\n`);
  // His service manager is there from the boot on, without a login.
  write(`var/lib/systemd/linger/${USER.name}`, '');
  write('usr/local/sbin/guest-agent', guestFile('agent.sh'), 0o755);
  write('etc/systemd/system/guest-agent.service', guestFile('agent.service'));
  const units = path.join(root, 'etc/systemd/system');
  fs.mkdirSync(path.join(units, 'multi-user.target.wants'), { recursive: true });
  fs.symlinkSync('../guest-agent.service', path.join(units, 'multi-user.target.wants/guest-agent.service'));
  for (const name of UNWANTED_UNITS) {
    fs.rmSync(path.join(units, name), { force: true });
    fs.symlinkSync('/dev/null', path.join(units, name));
  }
}

const guestFile = (name) => fs.readFileSync(inRepository('tools/vm/guest', name));
