// A creation that is killed, at any of its system calls: delete --force removes what it has left, wholly.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { requires } from '../support/world.js';
import { ScratchRuntime } from './support/scratchRuntime.js';

/** Of each kind the first calls, all or every nth, of the runtime and of bulkhead-init alike (strace counts per process). */
const CALLS: readonly (readonly [name: string, most: number, step: number])[] = [
  ['mkdir', 4, 1],
  ['rename', 4, 1],
  ['sendto', 6, 1],
  ['clone3', 2, 1],
  ['mkdirat', 12, 3],
  ['openat', 40, 4],
  ['write', 24, 3],
  ['fsconfig', 12, 3],
  ['move_mount', 14, 3],
  ['pivot_root', 1, 1],
  ['close_range', 3, 1],
];

describe('bulkhead-runtime create, killed', requires('root', 'runtime', 'strace'), () => {
  let runtime: ScratchRuntime;
  const mounts = (): string =>
    fs
      .readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(runtime.directory))
      .join('\n');
  before(() => {
    runtime = new ScratchRuntime();
    runtime.configure(['/bin/sleep', '1000']);
  });
  after(() => {
    runtime.end();
  });

  /** Whether the call was reached. With -D the runtime is this process's own child, and strace stays with whatever survives it. */
  const killAt = async (name: string, nth: number): Promise<boolean> => {
    const tracing = ['-D', '-f', '-qqq', '-o', '/dev/null', '-e', `trace=${name}`, '-e', `inject=${name}:signal=KILL:when=${String(nth)}`];
    const [status, signal] = (await once(spawn('strace', [...tracing, runtime.program, ...runtime.words(['create', 'c1'])], { stdio: 'ignore' }), 'exit')) as [
      number | null,
      string | null,
    ];
    const removed = runtime.call('delete', '--force', 'c1');
    assert.deepEqual([removed.status, removed.stderr], [0, ''], `${name} ${String(nth)}`);
    return status !== 0 || signal !== null;
  };

  /** Processes in one of the scratch's groups; not those that have ended, and whom their parent has not asked for yet. */
  const strays = (): string[] =>
    fs.readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        const isDead = /\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return !isDead && fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(path.basename(runtime.directory));
      } catch {
        return false;
      }
    });

  for (const [name, most, step] of CALLS) {
    test(`at ${name}`, async () => {
      let reached = 0;
      for (let nth = 1; nth <= most; nth += step) {
        const was = await killAt(name, nth);
        if (was) reached++;
        const where = `${name} ${String(nth)}`;
        assert.equal(runtime.status('c1'), 'absent', where);
        assert.match(runtime.call('delete', 'c1').stderr, /container does not exist/, where);
        assert.deepEqual(runtime.groups(), [], where);
        assert.deepEqual(strays(), [], where);
        assert.equal(mounts(), '', where);
        if (!was) break;
      }
      assert.ok(reached > 0, `${name} was never reached`);
    });
  }
});
