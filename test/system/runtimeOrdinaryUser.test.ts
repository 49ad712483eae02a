// The runtime called by a user who is not root, nor in anybody's user namespace.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, before, describe, test } from 'node:test';
import { seccompFor } from '../../helper/policy/seccomp.js';
import { until } from '../support/until.js';
import { requires } from '../support/world.js';
import { OrdinaryRuntime } from './support/ordinaryRuntime.js';
import { withScratchRuntime } from './support/runtimeSuite.js';
import type { ScratchRuntime } from './support/scratchRuntime.js';

const ID = 1234;

describe('an ordinary user’s containers', requires('root', 'runtime', 'user-namespaces'), () => {
  let runtime: ScratchRuntime;
  let user: OrdinaryRuntime;
  withScratchRuntime((made) => (runtime = made));
  before(() => {
    user = new OrdinaryRuntime(runtime, ID);
  });
  afterEach(() => {
    user.call('delete', '--force', 'c1');
    assert.ok(user.isEmpty());
  });

  test('he is root in a namespace of his own, with the one id that he may map', () => {
    user.configure('id -u; head -c 2 /dev/zero | tr "\\0" x; grep Seccomp: /proc/self/status; cat /proc/self/uid_map; exit 7', ({ linux }) => {
      linux['seccomp'] = seccompFor('x64', new Set());
    });
    const { status, stdout, stderr } = user.call('run', 'c1');
    assert.deepEqual([status, stderr], [7, '']);
    assert.match(stdout, /^0\nxxSeccomp:\t2\n +0 +0 +1\n$/);
  });

  test('run, state, exec, kill, delete', async () => {
    user.configure('exec sleep 100');
    assert.equal(user.callDetached('run', '--detach', 'c1'), 0);
    assert.equal(fs.statSync(`/proc/${String(user.pid('c1'))}`).uid, ID);
    const entered = user.call('exec', 'c1', '/bin/sh', '-c', 'id -u; tr "\\0" " " < /proc/1/cmdline; grep CapBnd /proc/self/status');
    assert.deepEqual([entered.stderr, entered.status], ['', 0]);
    assert.equal(entered.stdout, '0\nsleep 100 CapBnd:\t0000000020000420\n');
    assert.match(user.call('pause', 'c1').stderr, /has no cgroup/);
    assert.equal(user.call('kill', 'c1', 'KILL').stderr, '');
    await until(() => user.call('state', 'c1').stdout.includes('"stopped"'));
    assert.equal(user.call('delete', 'c1').stderr, '');
  });

  test('create, start, and delete by force', () => {
    user.configure('exec sleep 100', (bundle) => {
      bundle.hooks = { startContainer: [{ path: '/bin/true' }] };
    });
    assert.equal(user.callDetached('create', 'c1'), 0);
    assert.equal(user.callDetached('start', 'c1'), 0);
    assert.match(user.call('state', 'c1').stdout, /"running"/);
    assert.equal(user.call('delete', '--force', 'c1').stderr, '');
    assert.ok(user.isEmpty());
  });

  test('what he may not have is refused before anything is made', () => {
    user.configure('true', ({ linux }) => {
      linux.namespaces = linux.namespaces.filter((namespace) => (namespace as { type: string }).type !== 'user');
      delete linux['uidMappings'];
      delete linux['gidMappings'];
    });
    assert.match(user.call('run', 'c1').stderr, /rootless container requires user namespaces/);
    // Somebody else's id: the programs that map it know of no such right of his, or are not there.
    user.configure('true', ({ linux }) => {
      linux['uidMappings'] = [{ containerID: 0, hostID: 0, size: 1 }];
    });
    assert.match(user.call('run', 'c1').stderr, /new[ug]idmap/);
    user.configure('true', ({ linux }) => {
      linux.resources['pids'] = { limit: 5 };
    });
    assert.match(user.call('run', 'c1').stderr, /pids/);
    user.configure('true');
    assert.equal(user.call('--rootless', 'false', 'run', 'c1').status, 1);
  });
});
