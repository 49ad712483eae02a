// An OCI bundle that every runtime gets alike: busybox, all namespaces, limits, the default seccomp profile; its root an overlay.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildConfig } from '../../../helper/policy/buildConfig.js';
import { ALL_CAPABILITIES } from '../../../helper/policy/capabilities.js';
import { containerSpec } from '../../../protocol/containers.js';

const APPLETS = ['sh', 'true', 'sleep', 'cat', 'dd', 'yes', 'head', 'seq'];

/** A directory with busybox and links to it: an image layer as it lies in the store. */
export function makeLayer(directory: string): void {
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'root']) fs.mkdirSync(path.join(directory, name), { recursive: true });
  fs.copyFileSync('/bin/busybox', path.join(directory, 'bin/busybox'));
  fs.chmodSync(path.join(directory, 'bin/busybox'), 0o755);
  for (const applet of APPLETS) fs.symlinkSync('busybox', path.join(directory, 'bin', applet));
  fs.writeFileSync(path.join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
}

/** Writes `<directory>/{layer,upper,work,rootfs,config.json}`; the overlay is still to be mounted on rootfs. */
export function writeBundle(directory: string, command: readonly string[], cgroupPath: string): void {
  for (const name of ['layer', 'upper', 'work', 'rootfs']) fs.mkdirSync(path.join(directory, name), { recursive: true });
  makeLayer(path.join(directory, 'layer'));
  fs.writeFileSync(path.join(directory, 'config.json'), JSON.stringify(runtimeConfig(command, cgroupPath)));
}

/** The command that mounts a bundle's root, for a shell. */
export function mountRoot(directory: string): string {
  const at = (name: string): string => path.join(directory, name);
  return `mount -t overlay overlay -o lowerdir=${at('layer')},upperdir=${at('upper')},workdir=${at('work')} ${at('rootfs')}`;
}

/** A bundle with its root mounted: the caller has a mount namespace of his own. */
export function makeBundle(directory: string, command: readonly string[], cgroupPath: string): void {
  writeBundle(directory, command, cgroupPath);
  execFileSync('/bin/sh', ['-c', mountRoot(directory)]);
}

function runtimeConfig(command: readonly string[], cgroupPath: string): object {
  const built = buildConfig({
    id: 'b'.repeat(64),
    spec: containerSpec.parse({ image: 'bench', command, limits: { memoryBytes: 2 ** 28, cpus: 1.5, cpuWeight: 100, pids: 256 } }),
    image: { entrypoint: [], command: [], environment: [], workingDirectory: '', user: '', labels: {}, exposedPorts: [], stopSignal: null },
    owner: { uid: 0, gid: 0, role: 'admin' },
    cgroupPath,
    host: { architecture: 'x64', cpuCount: os.cpus().length, cgroup: 'hybrid', capabilities: new Set(ALL_CAPABILITIES), maxOpenFiles: 1024, limitsSwap: false },
    accounts: { passwd: '', subuid: '', subgid: '' },
    devices: new Map(),
  });
  if (!('config' in built)) throw new Error(built.reason);
  // Debian 12's crun refuses any other version than 1.0.
  return { ...built.config, ociVersion: '1.0.2' };
}
