// The attackers' programs: small, static, compiled once per file of tests, put into a root or run on the host beside it.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from '../../../support/repository.js';

export type Attacker = 'cgroupWriter' | 'exchanger' | 'exeWriter' | 'rights' | 'systemCalls' | 'tracer';

/** Compiles `attacker`; returns the program's path. */
export function compileAttacker(attacker: Attacker, directory: string): string {
  const program = path.join(directory, attacker);
  const source = inRepository('test/system/threats/attackers', `${attacker}.cpp`);
  execFileSync('g++', ['-std=c++20', '-O1', '-static', '-s', '-o', program, source]);
  fs.chmodSync(program, 0o755);
  return program;
}

/** Exchanges the two names of each pair as fast as it can, until {@link Exchanger.stop}. */
export class Exchanger {
  private constructor(private readonly child: ChildProcess) {}

  static async start(program: string, ...pairs: readonly (readonly [string, string])[]): Promise<Exchanger> {
    const child = spawn(program, pairs.flat(), { stdio: ['ignore', 'pipe', 'inherit'] });
    // Its first word: it has exchanged them once.
    await once(child.stdout, 'data');
    return new Exchanger(child);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
