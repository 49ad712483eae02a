// The runtime that the clients are given, and how programs are called and watched. BULKHEAD_CLIENT_RUNTIME names another runtime
// (/usr/sbin/runc): what fails with that one too is the test's fault. BULKHEAD_CLIENT_CALLS names a file that gets a line for each
// call of the runtime.
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from '../../support/repository.js';

const RUNTIME = process.env['BULKHEAD_CLIENT_RUNTIME'] ?? inRepository('native/build/Release/bulkhead-runtime');
const TIMEOUT_MS = 60_000;

export const IMAGE_FILE = inRepository('dist/image/busybox.tar');

/** The program to name to a client; `directory`: where a stand-in that keeps count may be put. */
export function clientRuntime(directory: string): string {
  const calls = process.env['BULKHEAD_CLIENT_CALLS'];
  if (calls === undefined) return RUNTIME;
  const program = path.join(directory, path.basename(RUNTIME));
  fs.writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$*" >> '${calls}'\nexec '${RUNTIME}' "$@"\n`, { mode: 0o755 });
  return program;
}

export type Outcome = Pick<SpawnSyncReturns<string>, 'status' | 'stdout' | 'stderr'>;

export function call(command: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: TIMEOUT_MS, input: '', ...options });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** What a terminal of 33 rows and 77 columns shows; `answers`: what is typed, each once its question has been seen. */
export async function onTerminal(
  command: readonly string[],
  answers: readonly (readonly [question: RegExp, typed: string])[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ status: number | null; shown: string }> {
  const line = `stty rows 33 cols 77; exec ${command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], { env, timeout: TIMEOUT_MS });
  const open = [...answers];
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    while (open[0]?.[0].test(shown) === true) child.stdin.write(open.shift()?.[1] ?? '');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      child.stdin.destroy();
      resolve({ status, shown });
    });
  });
}

/** Of every hierarchy, the groups that `group` is in that one. */
export function groupFolders(group: string): string[] {
  const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts.flatMap((line) => {
    const [, root, type] = line.split(' ');
    const isGroup = root !== undefined && (type === 'cgroup' || type === 'cgroup2') && fs.existsSync(root + group);
    return isGroup ? [root + group] : [];
  });
}

/** Files of this container's own limits and counters, on v1 and on v2: `shell` words that read the first that is there. */
export function readLimit(...files: readonly string[]): string {
  return `for f in ${files.join(' ')}; do if [ -e /sys/fs/cgroup/$f ]; then cat /sys/fs/cgroup/$f; break; fi; done`;
}
