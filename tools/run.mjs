// Runs programs for the tools: with their output going to the terminal, and an error that names them when they fail.
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { repositoryRoot } from './repository.mjs';

/** Resolves to the exit code (128 + n after signal n is not known here: a signal counts as 1). Output goes to the terminal, nothing comes from it. */
export function exitCode(command, args, options = {}) {
  const child = spawn(command, args, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'], ...options });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** As {@link exitCode}, but a non-zero one is an error. */
export async function run(command, args, options = {}) {
  const code = await exitCode(command, args, options);
  if (code !== 0)
    throw new Error(
      `${[command, ...args]
        .map((word) => path.basename(word))
        .join(' ')
        .slice(0, 100)} ended with ${code}`,
    );
}

/** Standard output of a short-lived program; null when it fails or isn't there. */
export function outputOf(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 });
  } catch {
    return null;
  }
}

/** The program and arguments that run `command` as root: as they are for root, through sudo for others. */
export function asRoot(command, ...args) {
  if (process.geteuid() === 0) return [command, args];
  if (canBeRoot()) return ['sudo', [command, ...args]];
  throw new Error(`this needs root, and there is no sudo here; as root:\n\n    ${[command, ...args].join(' ')}\n`);
}

export const canBeRoot = () => process.geteuid() === 0 || outputOf('/bin/sh', ['-c', 'command -v sudo']) !== null;
