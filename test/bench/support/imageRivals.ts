// The rivals' ways to have an image unpacked, each with a store of its own below a folder: Podman, and skopeo with umoci.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { timeOfCommand, type Time } from './processorTime.js';

export interface ImageRival {
  readonly name: string;
  /** Pulls `reference` into an empty store in `folder`. */
  pull(reference: string, folder: string, scratch: string): Promise<Time>;
}

export function imageRivals(): readonly ImageRival[] {
  const is = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  return [...(is('podman') ? [podman] : []), ...(is('skopeo') && is('umoci') ? [skopeoAndUmoci] : [])];
}

/** Out of the sight of /var/lib, where Podman remembers blobs. */
const podman: ImageRival = {
  name: 'podman pull',
  pull(reference, folder, scratch) {
    const at = (name: string): string => path.join(folder, name);
    // Podman takes 50 characters at most.
    const runroot = path.join(scratch, 'run');
    fs.writeFileSync(at('storage.conf'), `[storage]\ndriver = "overlay"\nrunroot = "${runroot}"\ngraphroot = "${at('root')}"\n`);
    const words = ['--root', at('root'), '--runroot', runroot, '--tmpdir', at('tmp'), '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'];
    return timeOfCommand(hidden(['podman', ...words, 'pull', '--quiet', '--tls-verify=false', reference]), scratch, {
      ...process.env,
      CONTAINERS_STORAGE_CONF: at('storage.conf'),
      TMPDIR: folder,
    });
  },
};

const skopeoAndUmoci: ImageRival = {
  name: 'skopeo copy; umoci unpack',
  pull(reference, folder, scratch) {
    const layout = path.join(folder, 'layout');
    const copy = `skopeo copy --quiet --src-tls-verify=false docker://${reference} oci:${layout}:bench`;
    return timeOfCommand(hidden(['sh', '-c', `${copy} && umoci unpack --image ${layout}:bench ${path.join(folder, 'bundle')}`]), scratch, {
      ...process.env,
      TMPDIR: folder,
    });
  },
};

const hidden = (command: readonly string[]): readonly string[] => {
  const script = 'mount -t tmpfs none /var/lib && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...command];
};
