// Podman with our runtime, everything that it writes in a directory of its own, and one group above all of its containers'.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { call, clientRuntime, groupFolders, IMAGE_FILE, onTerminal, type Outcome } from './clientRuntime.js';

export const IMAGE = 'localhost/bulkhead/busybox:latest';

export class Podman {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-podman-'));
  readonly runtime = clientRuntime(this.directory);
  private readonly group = `/${path.basename(this.directory)}`;
  /** Where and how Podman is called: its monitor leaves a file `oom` in the directory that it was called from. */
  private readonly place: { readonly env: NodeJS.ProcessEnv; readonly cwd: string };

  constructor() {
    fs.mkdirSync(this.at('networks'));
    fs.writeFileSync(this.at('storage.conf'), `[storage]\ndriver = "overlay"\nrunroot = "${this.at('runroot')}"\ngraphroot = "${this.at('root')}"\n`);
    fs.writeFileSync(this.at('containers.conf'), this.configuration());
    const files = { CONTAINERS_CONF: this.at('containers.conf'), CONTAINERS_STORAGE_CONF: this.at('storage.conf') };
    this.place = { env: { ...process.env, ...files, TMPDIR: this.directory }, cwd: this.directory };
    this.mustUnseen('load', '--quiet', '--input', IMAGE_FILE);
  }

  at(...parts: readonly string[]): string {
    return path.join(this.directory, ...parts);
  }

  call(...words: readonly string[]): Outcome {
    return call('podman', this.words(words), this.place);
  }

  /** As {@link call}; an error when Podman fails. Standard output, trimmed. */
  must(...words: readonly string[]): string {
    const { status, stdout, stderr } = this.call(...words);
    if (status !== 0) throw new Error(`podman ${words.join(' ')} ended with ${String(status)}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  /** As {@link must}, out of the sight of /var/lib, where Podman keeps what it knows about the blobs of an image that it loads or builds. */
  mustUnseen(...words: readonly string[]): void {
    const script = 'mount -t tmpfs none /var/lib && exec podman "$@"';
    const { status, stderr } = call('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...this.words(words)], this.place);
    if (status !== 0) throw new Error(`podman ${words.join(' ')} ended with ${String(status)}: ${stderr}`);
  }

  /** `podman run --rm`, without a network. */
  run(options: readonly string[], ...command: readonly string[]): Outcome {
    return this.call('run', '--rm', ...this.placed(options), IMAGE, ...command);
  }

  /** `podman run --detach`, without a network. The container's id. */
  start(name: string, options: readonly string[], ...command: readonly string[]): string {
    return this.must('run', '--detach', '--name', name, ...this.placed(options), IMAGE, ...command);
  }

  /** `options` with the group above, and without a network, unless they name one themselves. */
  placed(options: readonly string[]): string[] {
    const network = options.some((option) => /^--(network|pod)/.test(option)) ? [] : ['--network=none'];
    const group = options.some((option) => /^--(cgroup|pod)/.test(option)) ? [] : [`--cgroup-parent=${this.group}`];
    return [...network, ...group, ...options];
  }

  onTerminal(words: readonly string[], answers: Parameters<typeof onTerminal>[1] = []): ReturnType<typeof onTerminal> {
    return onTerminal(['podman', ...this.words(words)], answers, this.place.env);
  }

  /** Podman's calls within `script`, in network, mount and /run of their own, by the function `podman`. */
  inPrivateNetwork(script: string): Outcome {
    const words = this.words([]).map((word) => `'${word}'`);
    const prelude = `set -e; mount --make-rprivate /; mount -t tmpfs none /run; mkdir -p /run/lock; mount -t tmpfs none /var/lib; ip link set lo up`;
    const called = `podman() { command podman ${words.join(' ')} "$@"; }`;
    return call('unshare', ['--net', '--mount', 'sh', '-c', `${prelude}; ${called}; ${script}`], this.place);
  }

  /** Removes everything. What is left of groups and mounts that should not be: to be found empty. */
  end(): string[] {
    this.call('pod', 'rm', '--all', '--force', '--time', '0');
    this.call('rm', '--all', '--force', '--time', '0');
    const left = [...this.leftGroups(), ...this.leftMounts()];
    fs.rmSync(this.directory, { recursive: true, force: true });
    return left;
  }

  private words(words: readonly string[]): string[] {
    const places = ['--root', this.at('root'), '--runroot', this.at('runroot'), '--tmpdir', this.at('tmp')];
    return ['--runtime', this.runtime, ...places, '--cgroup-manager', 'cgroupfs', '--events-backend', 'file', ...words];
  }

  /** Limits for files and processes, for Podman's own are above what a machine without CAP_SYS_RESOURCE lets it set. */
  private configuration(): string {
    const name = path.basename(this.runtime);
    return `[engine]
runtime_supports_json = ["${name}"]
runtime_supports_nocgroup = ["${name}"]
lock_type = "file"
volume_path = "${this.at('volumes')}"
static_dir = "${this.at('libpod')}"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
log_driver = "k8s-file"
[network]
network_backend = "cni"
network_config_dir = "${this.at('networks')}"
`;
  }

  /** Podman itself leaves the group above, and in it those of its monitors and of pods. What is left of containers is a leak. */
  private leftGroups(): string[] {
    const groups = groupFolders(this.group).flatMap(groupsBelow);
    for (const group of groups.filter((folder) => !path.basename(folder).startsWith('libpod-'))) attempt(() => fs.rmdirSync(group));
    return groups.filter((group) => fs.existsSync(group));
  }

  private leftMounts(): string[] {
    const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n');
    return mounts.filter((line) => line.includes(this.directory));
  }
}

/** The deepest first, itself last. */
function groupsBelow(folder: string): string[] {
  const inside = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inside.flatMap(({ name }) => groupsBelow(path.join(folder, name))), folder];
}

function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // It is seen to be there still.
  }
}
