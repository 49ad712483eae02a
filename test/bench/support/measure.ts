// Drives measure.cpp, which costs less per run than anything that Node could start processes with.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { inRepository } from '../../support/repository.js';

export interface Cost {
  readonly wallUs: number;
  /** User and system time of the command and all its descendants. */
  readonly cpuUs: number;
  readonly exitCode: number;
  /** The largest of the command's own processes, resident. */
  readonly peakKb: number;
}

/** Builds one of the programs beside this file; returns its path. */
export function compile(name: 'measure' | 'floor', directory: string): string {
  const program = path.join(directory, name);
  const linking = name === 'floor' ? ['-static'] : [];
  execFileSync('g++', ['-std=c++20', '-O2', ...linking, '-o', program, inRepository(`test/bench/support/${name}.cpp`)]);
  return program;
}

/** One list of costs per command line; the commands are run in turn. `{n}` in them: the number of the run. */
export function measure(program: string, rounds: number, commands: readonly string[]): readonly (readonly Cost[])[] {
  const output = execFileSync(program, [String(rounds), ...commands], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return costsOf(output, commands.length);
}

/** `rounds` runs of each command line, `together` at a time: one cost each, of all the runs. */
export function measureTogether(program: string, rounds: number, together: number, commands: readonly string[]): readonly (readonly Cost[])[] {
  const output = execFileSync(program, [String(rounds), '--together', String(together), ...commands], { encoding: 'utf8' });
  return costsOf(output, commands.length);
}

/** What the program has printed, one list per command line. */
export function costsOf(output: string, commands: number): readonly (readonly Cost[])[] {
  const costs = Array.from({ length: commands }, (): Cost[] => []);
  for (const line of output.trim().split('\n')) {
    const [index = 0, wallUs = 0, cpuUs = 0, exitCode = -1, peakKb = 0] = line.split(' ').map(Number);
    costs[index]?.push({ wallUs, cpuUs, exitCode, peakKb });
  }
  return costs;
}
