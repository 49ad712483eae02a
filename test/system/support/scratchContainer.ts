// One container straight over the kernel interface, without a helper: its layer, its directories, its monitor, its group.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Launched, LaunchRequest, MountSource, ParkedLaunch } from '../../../helper/kernel/kernel.js';
import { NativeKernel } from '../../../helper/kernel/nativeKernel.js';
import { buildConfig, type BuiltConfig } from '../../../helper/policy/buildConfig.js';
import { ALL_CAPABILITIES } from '../../../helper/policy/capabilities.js';
import { containerSpec, type ContainerSpecInput } from '../../../protocol/containers.js';
import { inRepository } from '../../support/repository.js';
import { attach, type Attachment } from './attachment.js';

export type Spec = Omit<ContainerSpecInput, 'image'>;

export interface StartOptions {
  /** Runs on this user's subordinate ids, in a user namespace, over idmapped layers. */
  readonly uid?: number;
  readonly mountSources?: readonly MountSource[];
}

/** The subordinate ids that the tests' unprivileged user has. */
export const SUBORDINATE = { start: 2_000_000, count: 65_536 };

const EXIT_MS = 10_000;
const APPLETS = ['sh', 'true', 'sleep', 'cat', 'id', 'echo', 'ls', 'stat', 'head', 'yes', 'kill', 'stty', 'touch', 'ps', 'dd'];

export function loadKernel(): NativeKernel {
  return new NativeKernel({ addonPath: inRepository('native/build/Release/bulkhead.node'), dataDirectory: os.tmpdir() });
}

export class ScratchContainer {
  readonly base = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-addon-'));
  readonly cgroupPath = `/bulkhead-test-${path.basename(this.base)}/container`;
  config = '';

  private constructor(readonly kernel: NativeKernel) {}

  /** With its layer unpacked from an archive that `tar` has made. */
  static async make(kernel: NativeKernel): Promise<ScratchContainer> {
    const container = new ScratchContainer(kernel);
    for (const name of ['layer', 'run', 'upper', 'work', 'tree']) fs.mkdirSync(container.at(name), { mode: 0o755 });
    fs.chmodSync(container.base, 0o711);
    makeTree(container.at('tree'));
    execFileSync('tar', ['-C', container.at('tree'), '-czf', container.at('layer.tar.gz'), '.']);
    const request = {
      blobPath: container.at('layer.tar.gz'),
      directory: container.at('layer'),
      lowerDirectories: [],
      limits: { maxEntries: 1000, maxBytes: 2 ** 26 },
    };
    await kernel.unpackLayer(request, () => undefined, new AbortController().signal);
    return container;
  }

  at(name: string): string {
    return path.join(this.base, name);
  }

  start(spec: Spec, options: StartOptions = {}): Promise<Launched> {
    return this.kernel.launch(this.request(spec, options));
  }

  park(spec: Spec, options: StartOptions = {}): Promise<ParkedLaunch> {
    return this.kernel.park(this.request(spec, options));
  }

  request(spec: Spec, { uid = 0, mountSources = [] }: StartOptions = {}): LaunchRequest {
    const built = this.plan(spec, uid);
    this.config = JSON.stringify(built.config);
    if (built.idMap !== null) for (const name of ['upper', 'work']) fs.chmodSync(this.at(name), 0o755);
    return {
      id: 'scratch',
      config: this.config,
      overlay: {
        layers: [this.at('layer')],
        upperDirectory: this.at('upper'),
        workDirectory: this.at('work'),
        idMapped: built.idMap !== null,
        noSuid: built.noSuid,
      },
      mountSources,
      user: built.user,
      requiredRlimits: (spec.rlimits ?? []).map(({ type }) => type),
      runDirectory: this.at('run'),
      logPath: this.at('log'),
      openStdin: spec.openStdin ?? false,
      descriptors: [],
    };
  }

  /** The config that the policy makes of `spec`. */
  plan(spec: Spec, uid = 0): BuiltConfig {
    const built = buildConfig({
      id: 'c'.repeat(64),
      spec: containerSpec.parse({ image: 'scratch', ...spec }),
      image: { entrypoint: [], command: [], environment: ['PATH=/bin'], workingDirectory: '', user: '', labels: {}, exposedPorts: [], stopSignal: null },
      owner: { uid, gid: uid, role: uid === 0 ? 'admin' : 'user' },
      cgroupPath: this.cgroupPath,
      host: {
        architecture: 'x64',
        cpuCount: os.cpus().length,
        capabilities: new Set(ALL_CAPABILITIES),
        maxOpenFiles: 1024,
        cgroup: this.kernel.host().cgroup,
        limitsSwap: false,
      },
      accounts: { passwd: `tester:x:${uid}:${uid}::/:/bin/sh\n`, subuid: subordinate('tester'), subgid: subordinate('tester') },
      devices: new Map(),
    });
    if (!('config' in built)) throw new Error(built.reason);
    return built;
  }

  attach(replay: boolean, rows = 0, columns = 0, socket = 'monitor.sock'): Promise<Attachment> {
    return attach(this.kernel, this.at(`run/${socket}`), `attach ${replay ? 1 : 0} ${rows} ${columns}\n`, this.base);
  }

  /** `exited …` of the exit file, once it is there. */
  async exit(name = 'exit'): Promise<string> {
    const file = this.at(`run/${name}`);
    for (const deadline = Date.now() + EXIT_MS; !fs.existsSync(file); await delay(10)) {
      if (Date.now() > deadline) throw new Error(`no ${name} after ${EXIT_MS} ms`);
    }
    return fs.readFileSync(file, 'utf8');
  }

  /** The bytes that were written to standard output and standard error, as the log has them. */
  output(): string {
    const lines = fs.readFileSync(this.at('log'), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => line.split(' ').slice(3).join(' ') + (line.split(' ')[2] === 'F' ? '\n' : '')).join('');
  }

  async remove(): Promise<void> {
    await this.kernel.cgroupRemove(path.dirname(this.cgroupPath));
    await this.kernel.removeTree(this.base);
  }
}

const subordinate = (name: string): string => `${name}:${SUBORDINATE.start}:${SUBORDINATE.count}\n`;

function makeTree(directory: string): void {
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'root', 'mnt']) fs.mkdirSync(path.join(directory, name));
  fs.copyFileSync('/bin/busybox', path.join(directory, 'bin/busybox'));
  fs.chmodSync(path.join(directory, 'bin/busybox'), 0o755);
  fs.chmodSync(path.join(directory, 'tmp'), 0o1777);
  for (const applet of APPLETS) fs.symlinkSync('busybox', path.join(directory, 'bin', applet));
  fs.writeFileSync(path.join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001::/tmp:/bin/sh\n');
  fs.writeFileSync(path.join(directory, 'etc/group'), 'root:x:0:\nann:x:1001:\nothers:x:1002:ann\n');
}
