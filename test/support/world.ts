// Which world a test needs. `test('…', requires('root', 'native'), …)` skips it, with the reason, where that world is not;
// under BULKHEAD_CI=1 the lack of what CI should have (CI_WORLD) is an error instead, so that no test goes missing silently.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from './repository.js';

/** Each: null where it is there, else why not. */
const worlds = {
  root: () => (process.geteuid?.() === 0 ? null : 'not root'),
  native: () => built('bulkhead.node'),
  runtime: () => built('bulkhead-runtime'),
  helper: () => existing(inRepository('dist/helper/main.js'), 'npm run build'),
  image: () => existing(inRepository('dist/image/busybox.tar'), 'npm run setup'),
  'cgroup-v2': () => cgroups('v2'),
  'cgroup-hybrid': () => cgroups('hybrid'),
  'cgroup-v1': () => cgroups('v1'),
  systemd: () => existing('/run/systemd/system', 'systemd is not the init here'),
  guest: () => (inGuest() ? null : 'only in the throw-away guest of npm run test:vm'),
  'user-namespaces': userNamespaces,
  'subordinate-ids': () => existing('/etc/subuid', 'no subordinate ids are configured'),
  'user-accounts': () => program('useradd'),
  'network-tools': () => program('ip'),
  debian: () => program('dpkg-query'),
  strace: () => program('strace'),
  python: () => program('python3'),
  chromium: () => program('chromium', 'google-chrome', 'chromium-browser'),
  crun: () => program('crun'),
  runc: () => program('runc'),
  podman: () => program('podman') ?? program('conmon') ?? program('catatonit', '/usr/libexec/podman/catatonit') ?? program('script'),
  skopeo: () => program('skopeo'),
  umoci: () => program('umoci'),
  registry: () => program('docker-registry') ?? program('python3'),
  containerd: () => program('containerd') ?? program('containerd-shim-runc-v2') ?? program('ctr') ?? program('script'),
} as const satisfies Record<string, () => string | null>;

export type World = keyof typeof worlds;

/** What the project's CI has; a test that needs no more than this must run there. */
export const CI_WORLD: readonly World[] = [
  'root',
  'native',
  'runtime',
  'helper',
  'image',
  'cgroup-hybrid',
  'user-namespaces',
  'subordinate-ids',
  'user-accounts',
  'network-tools',
  'debian',
  'strace',
  'python',
  'chromium',
  'podman',
  'registry',
  'skopeo',
  'umoci',
  'containerd',
];

/** What the guest has (tools/vm): as CI, it may lack nothing of this. */
export const GUEST_WORLD: readonly World[] = [
  'guest',
  'root',
  'native',
  'runtime',
  'helper',
  'image',
  'cgroup-v2',
  'systemd',
  'user-namespaces',
  'subordinate-ids',
  'user-accounts',
  'network-tools',
];

/** Options for node:test. Throws under BULKHEAD_CI=1 when CI lacks what it should have. */
export function requires(...needed: readonly World[]): { skip?: string } {
  const reason = missing(...needed);
  return reason === null ? {} : { skip: reason };
}

/** Why a test that needs these worlds can't run here; null: it can. Throws as {@link requires} does. */
export function missing(...needed: readonly World[]): string | null {
  const lacking = needed.flatMap((world) => {
    const reason = worlds[world]();
    return reason === null ? [] : [{ world, reason }];
  });
  const surprise = lacking.find(({ world }) => promised().includes(world));
  if (surprise !== undefined) throw new Error(`${inGuest() ? 'the guest' : 'CI'} should have '${surprise.world}', but: ${surprise.reason}`);
  return lacking.length === 0 ? null : `needs ${lacking.map(({ world, reason }) => `${world} (${reason})`).join(', ')}`;
}

const inGuest = (): boolean => process.env['BULKHEAD_GUEST'] === '1';

function promised(): readonly World[] {
  if (inGuest()) return GUEST_WORLD;
  return process.env['BULKHEAD_CI'] === '1' ? CI_WORLD : [];
}

function built(name: string): string | null {
  return existing(inRepository('native/build/Release', name), 'npm run setup');
}

function existing(file: string, otherwise: string): string | null {
  return fs.existsSync(file) ? null : `no ${path.basename(file)}: ${otherwise}`;
}

function program(...names: readonly string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return names.some((name) => folders.some((folder) => fs.existsSync(path.resolve(folder, name)))) ? null : `no ${names.join(' or ')} installed`;
}

/** As systemd names them: unified, hybrid (v1 controllers beside a v2 hierarchy), legacy. */
function cgroups(wanted: 'v2' | 'hybrid' | 'v1'): string | null {
  const mounts = fs.readFileSync('/proc/self/mounts', 'utf8');
  const v1 = / cgroup \S*\b(memory|cpu|pids)\b/.test(mounts);
  const v2 = / cgroup2 /.test(mounts);
  const found = v1 ? (v2 ? 'hybrid' : 'v1') : 'v2';
  return found === wanted ? null : `cgroups are ${found}`;
}

function userNamespaces(): string | null {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', 'true'], { stdio: 'ignore', timeout: 5000 });
    return null;
  } catch {
    return 'the kernel refuses user namespaces';
  }
}
