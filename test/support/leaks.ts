// What a container engine can leave behind: a picture of it before, one after, and the difference. Looks at the whole
// machine, so whoever runs containers beside the tests sees theirs here too (BULKHEAD_SHARED=1 turns leaks into warnings).
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** One line for each thing that could be a leak, such as `mount overlay /var/lib/…`. */
export type Traces = ReadonlySet<string>;

export function traces(): Traces {
  return new Set([...cgroups(), ...mounts(), ...namespaces(), ...interfaces(), ...processes(), ...sockets(), ...directories()]);
}

/** What is there now and was not in `before`, once `timeoutMs` have gone by or nothing of it is left. The kernel ends namespaces late. */
export async function leaked(before: Traces, timeoutMs = 5000): Promise<readonly string[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = [...traces()].filter((line) => !before.has(line)).sort();
    if (left.length === 0 || Date.now() > deadline) return left;
    await delay(100);
  }
}

function cgroups(): string[] {
  const roots = lines('/proc/self/mounts').flatMap((line) => {
    const [, folder, type] = line.split(' ');
    return folder !== undefined && (type === 'cgroup' || type === 'cgroup2') ? [folder] : [];
  });
  return roots.flatMap((root) => groupsOf(root, 3)).map((folder) => `cgroup ${folder}`);
}

/** Groups named bulkhead…, at most `depth` levels down, and all below them. */
function groupsOf(folder: string, depth: number): string[] {
  return subfolders(folder).flatMap((name) => {
    const child = path.join(folder, name);
    if (/^bulkhead/.test(name)) return [child, ...groupsBelow(child)];
    return depth > 1 ? groupsOf(child, depth - 1) : [];
  });
}

const groupsBelow = (folder: string): string[] => subfolders(folder).flatMap((name) => [path.join(folder, name), ...groupsBelow(path.join(folder, name))]);

function mounts(): string[] {
  return lines('/proc/self/mounts').map((line) => `mount ${line.split(' ').slice(0, 3).join(' ')}`);
}

function namespaces(): string[] {
  const held = pids().flatMap((pid) => attempt(() => [fs.readlinkSync(`/proc/${pid}/ns/net`)]));
  const named = entries('/run/netns');
  return [...new Set(held)].map((inode) => `network namespace ${inode}`).concat(named.map((name) => `network namespace ${name}`));
}

function interfaces(): string[] {
  return entries('/sys/class/net').map((name) => `interface ${name}`);
}

function processes(): string[] {
  return pids().flatMap((pid) =>
    attempt(() => {
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      const name = fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      return isOurs(name, command) ? [`process ${pid} ${name}: ${command.slice(0, 200)}`] : [];
    }),
  );
}

const isOurs = (name: string, command: string): boolean =>
  /^bulkhead/.test(name) || /\bhelper\/main\.js\b|\bbulkhead\/helper\.js\b|\/bulkhead-(podman|containerd)-/.test(command);

function sockets(): string[] {
  return lines('/proc/net/unix').flatMap((line) => {
    const name = line.split(/\s+/)[7];
    return name !== undefined && /bulkhead|\/bh-|helper\.sock|monitor\.sock/.test(name) ? [`socket ${name}`] : [];
  });
}

function directories(): string[] {
  const temporary = entries(os.tmpdir()).filter((name) => /^(bulkhead|bh-)/.test(name));
  return temporary.map((name) => `directory ${path.join(os.tmpdir(), name)}`);
}

const pids = (): string[] => entries('/proc').filter((name) => /^\d+$/.test(name));
const entries = (folder: string): string[] => attempt(() => fs.readdirSync(folder));
const lines = (file: string): string[] => attempt(() => fs.readFileSync(file, 'utf8').split('\n').filter(Boolean));
const subfolders = (folder: string): string[] =>
  attempt(() => fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())).map((entry) => entry.name);

/** Processes and groups end while one looks at them. */
function attempt<T>(look: () => T[]): T[] {
  try {
    return look();
  } catch {
    return [];
  }
}
