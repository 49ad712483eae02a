// Who a process is, from what a caller and an image say: CVE-2016-3697, CVE-2024-40635, CVE-2026-30892; CVE-2024-9676, CVE-2026-47262.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { battle } from './support/arena.js';

/** Names that are numbers, numbers that are none, and lines without a name. */
const PASSWD = `root:x:0:0:root:/root:/bin/sh
1000:x:0:0::/:/bin/sh
0:x:1234:1234::/:/bin/sh
web:x:1000:1001::/:/bin/sh
huge:x:4294967296:0::/:/bin/sh
same:x:4294967295:0::/:/bin/sh
minus:x:-1:0::/:/bin/sh
none:x::0::/:/bin/sh
hex:x:0x0:0::/:/bin/sh
hugegroup:x:7:4294967296::/:/bin/sh
short:x
:x:0:0::/:/bin/sh
`;
const GROUP = 'root:x:0:\n:x:0:\n1001:x:0:\nweb:x:1001:\nhuge:x:4294967296:\nshort:x\n';

/** What `exec --user` is given, and "uid gid" of the process; null: an error. */
const USERS: readonly (readonly [string, string | null])[] = [
  ['0', '0 0'],
  ['1000', '1000 1001'],
  ['1000:', '1000 1001'],
  ['1000:1001', '1000 1001'],
  ['01000:0777', '1000 777'],
  ['web', '1000 1001'],
  ['web:web', '1000 1001'],
  ['5', '5 0'],
  ['2147483648:2147483648', '2147483648 2147483648'],
  ['4294967294', '4294967294 0'],
  ['4294967295', null],
  ['4294967296', null],
  ['18446744073709551616', null],
  ['-1', null],
  ['+0', null],
  ['0x0', null],
  ['1e3', null],
  [' 1000', null],
  ['1000 ', null],
  ['65536:65536x', null],
  ['1000:4294967295', null],
  ['1000:4294967296', null],
  ['1000:-1', null],
  ['1000:huge', null],
  ['1000:short', null],
  ['1000:1001:0', null],
  ['', null],
  [':0', null],
  [':', null],
  ['huge', null],
  ['same', null],
  ['minus', null],
  ['none', null],
  ['hex', null],
  ['hugegroup', null],
  ['short', null],
  ['nobody-here', null],
];

const SECONDS = 2;

battle('who a process is', {}, (arena) => {
  function withAccounts(attack: () => void): void {
    const before = fs.readFileSync(arena().root('etc/passwd'));
    try {
      attack();
    } finally {
      for (const name of ['passwd', 'group']) fs.rmSync(arena().root('etc', name), { recursive: true, force: true });
      fs.writeFileSync(arena().root('etc/passwd'), before);
    }
  }

  test('T-R13: a user is exactly who was named, or an error (CVE-2016-3697, CVE-2024-40635, CVE-2026-30892)', () => {
    withAccounts(() => {
      fs.writeFileSync(arena().root('etc/passwd'), PASSWD);
      fs.writeFileSync(arena().root('etc/group'), GROUP);
      arena().start(['/bin/sleep', '1000']);
      try {
        for (const [user, expected] of USERS) {
          const { status, stdout, stderr } = arena().runtime.call('exec', '--user', user, 'c1', '/bin/sh', '-c', 'echo $(id -u) $(id -g)');
          if (expected === null) assert.notEqual(status, 0, `"${user}": ${stdout}`);
          assert.equal(stdout, expected === null ? '' : `${expected}\n`, `"${user}": ${stderr}`);
        }
      } finally {
        arena().remove();
      }
    });
  });

  test('T-R13: ids of a config are numbers of 32 bits, and not the one that means "as you are"', () => {
    for (const id of [-1, 4_294_967_295, 4_294_967_296, 1.5, '0', '1000', null, [0], true]) {
      for (const user of [
        { uid: id, gid: 1 },
        { uid: 1, gid: id },
        { uid: 1, gid: 1, additionalGids: [id] },
      ]) {
        const { status, stdout } = arena().run('echo $(id -u) $(id -g)', (bundle) => {
          bundle.process.user = user;
        });
        // JSON's null is a field that is not given.
        if (id === null && !('additionalGids' in user)) continue;
        assert.deepEqual([status, stdout], [1, ''], JSON.stringify(user));
      }
    }
  });

  test('T-R14: accounts are read from a plain file of the image, of a bounded size (CVE-2024-9676, CVE-2026-47262)', () => {
    // Only a path that leaves the root finds it.
    const host = fs.mkdtempSync('/tmp/bulkhead-accounts-');
    const accounts = `${host}/accounts`;
    fs.writeFileSync(accounts, 'ghost:x:0:0::/:/bin/sh\n');
    const made: Record<string, (file: string) => void> = {
      'a link to the host': (file) => fs.symlinkSync(accounts, file),
      'a link that climbs': (file) => fs.symlinkSync(`../../../../../..${accounts}`, file),
      'a magic link': (file) => fs.symlinkSync('/proc/1/root/etc/ghosts', file),
      'a pipe': (file) => execFileSync('mkfifo', [file]),
      'a device': (file) => execFileSync('mknod', [file, 'c', '1', '5']),
      'a directory': (file) => fs.mkdirSync(file),
      'an endless file': (file) => execFileSync('truncate', ['--size', '1T', file]),
      'an endless line': (file) => fs.writeFileSync(file, `ghost:x:0:0:${'x'.repeat(2 ** 20)}`),
    };
    fs.copyFileSync(accounts, arena().root('etc/ghosts'));
    arena().start(['/bin/sleep', '1000']);
    try {
      for (const [what, make] of Object.entries(made)) {
        for (const [name, user] of [
          ['passwd', 'ghost'],
          ['group', '0:ghost'],
        ] as const) {
          withAccounts(() => {
            fs.rmSync(arena().root('etc', name), { force: true });
            make(arena().root('etc', name));
            const began = Date.now();
            const { status, stdout } = arena().runtime.call('exec', '--user', user, 'c1', '/bin/id');
            assert.notEqual(status, 0, `${what}: ${stdout}`);
            assert.ok(Date.now() - began < SECONDS * 1000, `${what} took its time`);
          });
        }
      }
    } finally {
      arena().remove();
      fs.rmSync(arena().root('etc/ghosts'));
      fs.rmSync(host, { recursive: true });
    }
  });
});
