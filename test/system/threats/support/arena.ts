// Where the attacks happen: bulkhead-runtime with a bundle of its own, the attackers' programs, and the canary on the host.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { after, afterEach, before, describe } from 'node:test';
import { leaked, traces } from '../../../support/leaks.js';
import { inRepository } from '../../../support/repository.js';
import { requires, type World } from '../../../support/world.js';
import { ScratchRuntime, type Bundle } from '../../support/scratchRuntime.js';
import { compileAttacker, type Attacker } from './attackers.js';
import { Canary } from './canary.js';

export type { Bundle };

const APPLETS = 'cut dd env find grep ln ls mkdir mknod mount pwd readlink rm sort stat touch umount uniq unshare wc xargs'.split(' ');
const WAIT_MS = 20_000;

/** `times` as CI does it; BULKHEAD_THREAT_ROUNDS multiplies. */
export const rounds = (times: number): number => Math.ceil(times * Number(process.env['BULKHEAD_THREAT_ROUNDS'] ?? 1));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Arena {
  readonly runtime = new ScratchRuntime();
  readonly canary = new Canary();
  private readonly programs = new Map<Attacker, string>();
  private readonly before = traces();

  constructor(attackers: readonly Attacker[]) {
    for (const applet of APPLETS) if (!fs.existsSync(this.root('bin', applet))) fs.symlinkSync('busybox', this.root('bin', applet));
    for (const attacker of attackers) this.programs.set(attacker, compileAttacker(attacker, this.root('bin')));
  }

  /** A place in the container's root, as the host sees it. */
  root(...parts: readonly string[]): string {
    return this.runtime.at('rootfs', ...parts);
  }

  /** The host's path of an attacker's program. */
  program(attacker: Attacker): string {
    const program = this.programs.get(attacker);
    assert.ok(program !== undefined, `${attacker} was not compiled`);
    return program;
  }

  /** Runs a shell script as a container of its own. */
  run(script: string, change?: (bundle: Bundle) => void): Ended {
    return this.runCommand(['/bin/sh', '-c', script], change);
  }

  runCommand(command: readonly string[], change?: (bundle: Bundle) => void): Ended {
    this.runtime.configure(command, change);
    return this.runtime.call('run', 'c1');
  }

  /** As {@link run}, on a terminal. */
  runOnTerminal(script: string, change: (bundle: Bundle) => void = () => undefined): Ended {
    this.runtime.configure(['/bin/sh', '-c', script], (bundle) => {
      bundle.process.terminal = true;
      change(bundle);
    });
    const command = [inRepository('native/build/Release/bulkhead-runtime'), ...this.runtime.words(['run', 'c1'])].join(' ');
    const { status, stdout, stderr } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', input: '', timeout: 60_000 });
    // script(1) sends a byte of its own at the end of its input, which the terminal echoes whenever it comes.
    return { status, stdout: stdout.replaceAll('^@', ''), stderr };
  }

  /** Starts `command` as the container c1, which stays until {@link remove}. Its output goes nowhere. */
  start(command: readonly string[], change?: (bundle: Bundle) => void): void {
    this.runtime.configure(command, change);
    assert.equal(this.runtime.callDetached('run', '--detach', 'c1'), 0);
  }

  remove(): void {
    this.runtime.call('delete', '--force', 'c1');
  }

  /** A file that the container writes, once it is there. */
  async written(name: string): Promise<string> {
    const file = this.root(name);
    for (const deadline = Date.now() + WAIT_MS; !fs.existsSync(file); await delay(10)) {
      if (Date.now() > deadline) throw new Error(`no ${name} after ${WAIT_MS} ms`);
    }
    return fs.readFileSync(file, 'utf8');
  }

  check(): void {
    assert.deepEqual(this.runtime.groups(), [], 'groups left behind');
    assert.equal(this.runtime.call('list', '--quiet').stdout, '', 'state left behind');
    this.canary.check();
  }

  async end(): Promise<void> {
    this.runtime.end();
    const left = await leaked(this.before);
    this.canary.remove();
    const isOwn = (line: string): boolean => process.env['BULKHEAD_SHARED'] !== '1' || line.includes(this.runtime.directory);
    // The canary's directory was there before, and is not among the traces.
    assert.deepEqual(left.filter(isOwn), [], 'left behind');
  }
}

/** A suite of attacks: each test ends with the canary's check, all of them with the leak check. */
export function battle(
  name: string,
  { attackers = [], world = [] }: { readonly attackers?: readonly Attacker[]; readonly world?: readonly World[] },
  attacks: (arena: () => Arena) => void,
): void {
  describe(name, requires('root', 'runtime', ...world), () => {
    let arena: Arena | undefined;
    const current = (): Arena => {
      assert.ok(arena !== undefined);
      return arena;
    };
    before(() => {
      arena = new Arena(attackers);
    });
    afterEach(() => current().check());
    attacks(current);
    // Last: hooks run in the order in which they are given, and what the suite itself has made goes before the leak check.
    after(() => arena?.end());
  });
}

/** The container has a user namespace: its root is the host's 200000. */
export function inUserNamespace(bundle: Bundle): void {
  bundle.linux.namespaces.push({ type: 'user' });
  const mapping = [{ containerID: 0, hostID: 200_000, size: 65_536 }];
  Object.assign(bundle.linux, { uidMappings: mapping, gidMappings: mapping });
}

/** Adds to all of the process's sets. */
export function withCapabilities(bundle: Bundle, ...names: readonly string[]): void {
  const sets = bundle.process['capabilities'] as Record<string, string[]>;
  for (const set of ['bounding', 'effective', 'permitted']) sets[set] = [...(sets[set] ?? []), ...names];
}
