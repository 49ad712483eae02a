// Control groups as a way out: CVE-2022-0492 (release_agent), CVE-2023-25809 (the host's groups, writable).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { battle, inUserNamespace, withCapabilities, type Bundle } from './support/arena.js';

battle('control groups', { attackers: ['cgroupWriter'], world: ['user-namespaces'] }, (arena) => {
  const NAME = `escape-${process.pid}`;

  const withRoot = (bundle: Bundle): void => {
    bundle.root.readonly = false;
    withCapabilities(bundle, 'CAP_DAC_OVERRIDE');
  };
  const without =
    (namespace: string) =>
    (bundle: Bundle): void => {
      bundle.linux.namespaces = bundle.linux.namespaces.filter((entry) => (entry as { type: string }).type !== namespace);
    };
  /** As Podman does it where the network is the host's: a sysfs can't be mounted there. */
  const withHostsSys = (bundle: Bundle): void => {
    without('network')(bundle);
    const sys = bundle.mounts.find((mount) => (mount as { type: string }).type === 'sysfs') as object;
    Object.assign(sys, { type: 'bind', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] });
  };
  const withWritableGroups = (bundle: Bundle): void => {
    const groups = bundle.mounts.find((mount) => (mount as { type: string }).type === 'cgroup') as { options: string[] };
    groups.options = groups.options.filter((option) => option !== 'ro');
  };
  const withoutFilter = (bundle: Bundle): void => {
    delete bundle.linux['seccomp'];
  };

  /** What the attacker says, but for the number of groups that it has looked at. */
  function attack(...changes: readonly ((bundle: Bundle) => void)[]): string[] {
    const { status, stdout, stderr } = arena().runCommand(['/bin/cgroupWriter', NAME], (bundle) => {
      withRoot(bundle);
      for (const change of changes) change(bundle);
    });
    assert.equal(status, 0, stderr);
    const lines = stdout.trim().split('\n');
    assert.match(lines.pop() ?? '', /^looked at [1-9]/);
    return lines;
  }

  /** Groups that the attacker has made, as the host sees them. */
  function made(): string[] {
    const roots = fs
      .readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .flatMap((line) => (/ cgroup2? /.test(line) ? [line.split(' ')[1] ?? ''] : []));
    return roots.flatMap((root) => groupsBelow(root)).filter((group) => path.basename(group) === NAME);
  }

  test('T-R16: a container writes no group, and mounts no hierarchy (CVE-2022-0492)', () => {
    assert.deepEqual(attack(), []);
    assert.deepEqual(attack(without('cgroup')), []);
    assert.deepEqual(attack(inUserNamespace), []);
    assert.deepEqual(made(), []);
  });

  test('T-R16: nor without a filter, where it has a new user namespace for the asking', () => {
    // What is mounted there is its own group's view, in which the kernel offers no release_agent.
    const got = attack(withoutFilter);
    assert.deepEqual(
      got.filter((line) => /release_agent/.test(line)),
      [],
    );
    assert.deepEqual(
      got.filter((line) => /\/sys\/fs\/cgroup/.test(line)),
      [],
    );
    assert.deepEqual(made(), []);
  });

  test('T-R17: without a cgroup namespace the host’s groups are not there (CVE-2023-25809)', () => {
    for (const change of [[without('cgroup')], [without('cgroup'), inUserNamespace], [without('cgroup'), withHostsSys, inUserNamespace]]) {
      assert.deepEqual(
        attack(...change, withoutFilter).filter((line) => /^(opened|made) \/sys/.test(line)),
        [],
      );
      assert.deepEqual(made(), []);
    }
  });

  test('T-R17: groups that are asked for writable are the container’s own', () => {
    for (const change of [[], [without('cgroup')]]) {
      const lines = attack(withWritableGroups, ...change);
      assert.ok(
        lines.some((line) => line.startsWith('made ')),
        'the attack got nowhere',
      );
      assert.deepEqual(
        lines.filter((line) => line.includes('release_agent')),
        [],
      );
      // The container has ended, and its groups with it, those below too: nothing was made elsewhere.
      assert.deepEqual(made(), []);
    }
  });
});

/** Others' may go while they are listed. */
function groupsBelow(group: string): string[] {
  try {
    const below = fs.readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return below.flatMap(({ name }) => [path.join(group, name), ...groupsBelow(path.join(group, name))]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
