// An ordinary user with subordinate ids: newuidmap and newgidmap map what /etc/subuid and /etc/subgid grant him, and nothing else.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, before, describe, test } from 'node:test';
import { requires } from '../support/world.js';
import { OrdinaryRuntime } from '../system/support/ordinaryRuntime.js';
import { withScratchRuntime } from '../system/support/runtimeSuite.js';
import type { Bundle, ScratchRuntime } from '../system/support/scratchRuntime.js';

/** The guest's user. */
const ID = 1000;

describe('an ordinary user with subordinate ids', requires('guest', 'root', 'runtime', 'user-namespaces'), () => {
  let runtime: ScratchRuntime;
  let user: OrdinaryRuntime;
  let first: number;
  withScratchRuntime((made) => (runtime = made));
  before(() => {
    user = new OrdinaryRuntime(runtime, ID);
    first = Number(/^dev:(\d+):65536$/m.exec(fs.readFileSync('/etc/subuid', 'utf8'))?.[1]);
  });
  afterEach(() => {
    user.call('delete', '--force', 'c1');
    assert.ok(user.isEmpty());
  });

  const mapped =
    (count: number) =>
    ({ linux }: Bundle): void => {
      const mappings = [
        { containerID: 0, hostID: ID, size: 1 },
        { containerID: 1, hostID: first, size: count },
      ];
      Object.assign(linux, { uidMappings: mappings, gidMappings: mappings });
    };

  test('processes of the container have them', () => {
    user.configure('exec sleep 100', mapped(65_536));
    assert.equal(user.callDetached('run', '--detach', 'c1'), 0);
    const entered = user.call('exec', '--user', '5:7', '--additional-gids', '9', 'c1', '/bin/sh', '-c', 'id; cat /proc/self/uid_map');
    assert.match(entered.stdout, /^uid=5 gid=7 groups=7,9\n +0 +0 +1\n +1 +1 +65536\n$/);
    assert.equal(user.callDetached('exec', '--detach', '--user', '5:7', '--pid-file', `${user.state}/pid`, 'c1', '/bin/sleep', '100'), 0);
    const pid = fs.readFileSync(`${user.state}/pid`, 'utf8');
    assert.equal(fs.statSync(`/proc/${pid}`).uid, first + 4);
    fs.rmSync(`${user.state}/pid`);
  });

  test('others than his are refused', () => {
    user.configure('true', mapped(65_537));
    const { status, stderr } = user.call('run', 'c1');
    assert.equal(status, 1);
    assert.match(stderr, /newgidmap has refused linux.gidMappings/);
  });
});
