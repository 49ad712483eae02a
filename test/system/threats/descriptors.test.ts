// Descriptors of the host by which a path leads out of the container: CVE-2024-21626 and its kin.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { battle, rounds } from './support/arena.js';

battle('descriptors of the host', {}, (arena) => {
  /** 3 … 24 and a few beyond; all of them with BULKHEAD_THREAT_ROUNDS. */
  const numbers = (): number[] =>
    rounds(1) > 1 ? Array.from({ length: 1021 }, (_, i) => i + 3) : [...Array.from({ length: 22 }, (_, i) => i + 3), 63, 255, 1023];

  test('T-R03: a working directory that is a descriptor is refused by run (CVE-2024-21626)', () => {
    for (const fd of numbers()) {
      const { status, stdout, stderr } = arena().run('pwd; ls', (bundle) => {
        bundle.process['cwd'] = `/proc/self/fd/${fd}`;
      });
      assert.equal(status, 1, `${fd}: ${stdout}`);
      assert.match(stderr, /chdir to cwd/);
    }
  });

  test('T-R03: so it is by exec, and behind a symbolic link of the image', () => {
    fs.symlinkSync('/proc/self/fd/8', arena().root('w'));
    arena().start(['/bin/sleep', '1000']);
    try {
      for (const cwd of [...numbers().map((fd) => `/proc/self/fd/${fd}`), '/w', '/w/../..', '/proc/self/cwd', '/proc/1/root', '/proc/self/root']) {
        const { status, stderr } = arena().runtime.call('exec', '--cwd', cwd, 'c1', '/bin/pwd');
        assert.notEqual(status, 0, cwd);
        assert.match(stderr, /chdir to cwd/);
      }
    } finally {
      arena().remove();
    }
    for (const cwd of ['/w', '/w/..']) {
      const { status } = arena().run('pwd', (bundle) => {
        bundle.process['cwd'] = cwd;
      });
      assert.equal(status, 1, cwd);
    }
  });

  test('T-R03: a container has the standard streams, and what it opens itself', () => {
    assert.equal(arena().run('ls /proc/self/fd').stdout, '0\n1\n2\n3\n');
    arena().start(['/bin/sleep', '1000']);
    try {
      assert.equal(arena().runtime.call('exec', 'c1', '/bin/ls', '/proc/self/fd').stdout, '0\n1\n2\n3\n');
    } finally {
      arena().remove();
    }
  });

  test('T-R03: a program is not found through a descriptor either', () => {
    for (const fd of numbers()) {
      const { status } = arena().runCommand([`/proc/self/fd/${fd}/../../../bin/busybox`, 'true']);
      assert.notEqual(status, 0, String(fd));
    }
  });

  test('the source of a mount is no descriptor', () => {
    fs.writeFileSync(arena().root('target'), '');
    fs.symlinkSync('/proc/self/fd', arena().runtime.at('link'));
    for (const source of [...numbers().map((fd) => `/proc/self/fd/${fd}`), arena().runtime.at('link/5'), '/proc/self/root', '/proc/self/exe', '/dev/fd/0']) {
      const { status, stderr } = arena().run('cat /target', (bundle) =>
        bundle.mounts.push({ destination: '/target', type: 'bind', source, options: ['bind'] }),
      );
      assert.equal(status, 1, source);
      assert.match(stderr, /unable to start container process/, source);
    }
  });
});
