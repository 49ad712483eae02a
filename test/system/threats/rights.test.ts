// Rights that a process must not have gained, nor shed: capabilities and groups. CVE-2022-29162 and CVE-2023-25173 with their kin.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { battle, withCapabilities, type Bundle } from './support/arena.js';

const NOTHING = '0'.repeat(16);
const BAD_GROUP = 2000;

battle('rights that are left over', { attackers: ['rights'] }, (arena) => {
  /** Files may give rights: what they must not is tested here. */
  const withoutLock = (bundle: Bundle): void => {
    bundle.process['noNewPrivileges'] = false;
  };

  const sets = (status: string): ReadonlyMap<string, string> =>
    new Map([...status.matchAll(/^(Cap\w+):\s(\w+)$/gm)].map(([, name = '', set = '']) => [name, set]));

  const isClean = (status: string): void => {
    const found = sets(status);
    assert.deepEqual([found.get('CapInh'), found.get('CapAmb')], [NOTHING, NOTHING], status);
  };

  /** The engine itself has all that there is, in its inheritable set too. */
  const RICH = ['setpriv', '--inh-caps', '+chown,+dac_override,+net_bind_service,+kill,+setuid'];

  test('T-R11: nothing is inheritable: run, exec, exec --cap, as root and as another (CVE-2022-24769, CVE-2022-29162)', () => {
    const show = '/bin/rights show';
    for (const uid of [0, 1000]) {
      arena().runtime.configure(['/bin/rights', 'show'], (bundle) => {
        withoutLock(bundle);
        bundle.process.user = { uid, gid: uid };
      });
      const { status, stdout } = arena().runtime.callBy(RICH, 'run', 'c1');
      assert.equal(status, 0);
      isClean(stdout);
    }
    arena().start(['/bin/sleep', '1000'], withoutLock);
    try {
      const ways = [[], ['--cap', 'CAP_NET_RAW'], ['--user', 'web'], ['--user', 'web', '--cap', 'CAP_NET_RAW']];
      for (const options of ways) isClean(arena().runtime.callBy(RICH, 'exec', ...options, 'c1', ...show.split(' ')).stdout);
    } finally {
      arena().remove();
    }
  });

  test('T-R11: a file that waits for inheritable rights gives none (CVE-2022-24769)', () => {
    const marked = arena().root('bin/marked');
    fs.copyFileSync(arena().program('rights'), marked);
    fs.chmodSync(marked, 0o755);
    execFileSync(arena().program('rights'), ['mark', marked]);
    const asUser = (bundle: Bundle): void => {
      withoutLock(bundle);
      withCapabilities(bundle, 'CAP_DAC_OVERRIDE');
      bundle.process.user = { uid: 1000, gid: 1000 };
    };
    const { stdout } = arena().run('/bin/marked show', asUser);
    assert.equal(sets(stdout).get('CapEff'), NOTHING, stdout);
    arena().start(['/bin/sleep', '1000'], asUser);
    try {
      for (const options of [[], ['--cap', 'CAP_NET_RAW']]) {
        const executed = arena().runtime.call('exec', ...options, 'c1', '/bin/sh', '-c', '/bin/marked show');
        assert.equal(sets(executed.stdout).get('CapEff'), NOTHING, executed.stdout);
      }
    } finally {
      arena().remove();
      fs.rmSync(marked);
    }
  });

  test('T-R12: groups of the engine stay outside, those of the image count (CVE-2022-2989, CVE-2023-25173)', () => {
    arena().runtime.configure(['/bin/rights', 'show'], (bundle) => {
      bundle.process.user = { uid: 1000, gid: 1000, additionalGids: [5] };
    });
    const { stdout } = arena().runtime.callBy(['setpriv', '--groups', `7,${BAD_GROUP}`], 'run', 'c1');
    assert.match(stdout, /^Groups:\s5 ?$/m);
    withDenied((file) => {
      const member = arena().runtime.call('exec', '--user', 'web', 'c1', '/bin/rights', 'read', file);
      assert.equal(member.stdout, 'Permission denied\n');
      // Who is not in the group may.
      assert.equal(arena().runtime.call('exec', '--user', '1001', 'c1', '/bin/rights', 'read', file).stdout, 'denied to a group\n');
    });
  });

  test('T-R12: a set-group-ID program does not shed the group that is denied (CVE-2022-36109)', () => {
    const shedding = arena().root('bin/shedding');
    fs.copyFileSync(arena().program('rights'), shedding);
    fs.chownSync(shedding, 0, 3000);
    fs.chmodSync(shedding, 0o2755);
    withDenied((file) => {
      const { stdout } = arena().runtime.call('exec', '--user', `1001:${BAD_GROUP}`, 'c1', '/bin/shedding', 'read', file);
      assert.equal(stdout, 'Permission denied\n');
    });
    fs.rmSync(shedding);
  });

  /** A file that everybody may read but the group `bad`, to which web belongs, in a container that runs. */
  function withDenied(attack: (file: string) => void): void {
    const file = arena().root('etc/denied');
    fs.writeFileSync(file, 'denied to a group\n');
    fs.chownSync(file, 0, BAD_GROUP);
    fs.chmodSync(file, 0o604);
    fs.writeFileSync(arena().root('etc/group'), `root:x:0:\nbad:x:${BAD_GROUP}:web\n`);
    arena().start(['/bin/sleep', '1000'], withoutLock);
    try {
      attack('/etc/denied');
    } finally {
      arena().remove();
      for (const name of ['denied', 'group']) fs.rmSync(arena().root('etc', name));
    }
  }
});
