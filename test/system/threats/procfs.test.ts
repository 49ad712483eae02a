// What is written to /proc must reach the kernel's, whatever an image puts there, and what is hidden there must stay hidden:
// CVE-2019-16884, CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-52881, CVE-2022-0811.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { test } from 'node:test';
import { maskedPaths, READ_ONLY_PATHS } from '../../../helper/policy/hiddenPaths.js';
import { Exchanger } from './support/attackers.js';
import { battle, rounds } from './support/arena.js';

const FAKE = 'the image’s own\n';

battle('a false /proc', { attackers: ['exchanger'] }, (arena) => {
  /** A tree that looks like procfs, at `place` of the root. */
  function fakeProc(place: string): void {
    for (const folder of ['self/attr', 'sys/net/ipv4', 'sys/kernel', 'thread-self/attr']) fs.mkdirSync(arena().root(place, folder), { recursive: true });
    for (const file of ['self/attr/exec', 'self/oom_score_adj', 'sys/net/ipv4/ip_forward', 'sys/kernel/core_pattern', 'thread-self/attr/exec'])
      fs.writeFileSync(arena().root(place, file), FAKE);
  }

  const contents = (place: string): Set<string> =>
    new Set(
      fs
        .readdirSync(arena().root(place), { recursive: true, encoding: 'utf8' })
        .map((name) => arena().root(place, name))
        .filter((file) => fs.lstatSync(file).isFile())
        .map((file) => fs.readFileSync(file, 'utf8')),
    );

  const restore = (): void => {
    fs.rmSync(arena().root('proc'), { recursive: true });
    fs.mkdirSync(arena().root('proc'));
  };

  test('T-R04: proc is not mounted through a symbolic link (CVE-2019-19921, CVE-2023-27561, CVE-2023-28642)', () => {
    fakeProc('tmp/p');
    fs.rmdirSync(arena().root('proc'));
    for (const target of ['/tmp/p', 'tmp/p', '../tmp/p']) {
      fs.symlinkSync(target, arena().root('proc'));
      const { status, stderr } = arena().run('true');
      assert.equal(status, 1);
      assert.match(stderr, /\/proc: /);
      fs.unlinkSync(arena().root('proc'));
    }
    assert.deepEqual(contents('tmp/p'), new Set([FAKE]));
    fs.mkdirSync(arena().root('proc'));
  });

  test('T-R04: nothing but proc is mounted at or below /proc (CVE-2019-16884)', () => {
    fs.mkdirSync(arena().runtime.at('volume/attr'), { recursive: true });
    for (const destination of ['/proc', '/proc/self', '/proc/self/attr', '//proc/./self/', '/proc/sys/kernel', '/proc/1/attr/exec']) {
      for (const mount of [
        { type: 'bind', source: arena().runtime.at('volume'), options: ['bind'] },
        { type: 'tmpfs', source: 'tmpfs' },
      ]) {
        const { status, stderr } = arena().run('true', (bundle) => bundle.mounts.push({ destination, ...mount }));
        assert.equal(status, 1, destination);
        assert.match(stderr, /invalid mount destination/);
      }
    }
    const { status } = arena().run('true', (bundle) => bundle.mounts.push({ destination: '/tmp/../proc', type: 'tmpfs', source: 'tmpfs' }));
    assert.equal(status, 1);
  });

  test('T-R09: without a proc mount, settings are written to the kernel, not into the image (CVE-2025-52881)', () => {
    fakeProc('proc');
    const { status } = arena().run('cat /proc/sys/net/ipv4/ip_forward > /dev/null', (bundle) => {
      bundle.mounts = bundle.mounts.filter((mount) => !JSON.stringify(mount).includes('"/proc"'));
      Object.assign(bundle.linux, { sysctl: { 'net.ipv4.ip_forward': '1' }, maskedPaths: [], readonlyPaths: [] });
      bundle.process['oomScoreAdj'] = 500;
    });
    assert.equal(status, 0);
    assert.deepEqual(contents('proc'), new Set([FAKE]));
    restore();
  });

  test('T-R09: nor while /proc is exchanged for a link to another place (CVE-2025-52881)', async () => {
    fakeProc('fake');
    fs.symlinkSync('/fake', arena().root('proc-link'));
    const exchanger = await Exchanger.start(arena().program('exchanger'), [arena().root('proc'), arena().root('proc-link')]);
    let started = 0;
    try {
      for (let i = 0; i < rounds(60); i++) {
        const { status, stdout, stderr } = arena().run('cat /proc/sys/net/ipv4/ip_forward; cat /proc/self/oom_score_adj', (bundle) => {
          bundle.root.readonly = false;
          Object.assign(bundle.linux, { sysctl: { 'net.ipv4.ip_forward': '1' } });
          bundle.process['oomScoreAdj'] = 500;
        });
        if (status === 1) {
          assert.match(stderr, /\/proc/);
          continue;
        }
        started++;
        // The name may have been exchanged after the mount: then the program looks at the image's tree, which nobody has written to.
        assert.match(stdout, /^(1|the image’s own)\n(500|the image’s own)\n$/);
      }
      assert.ok(started > 0);
    } finally {
      await exchanger.stop();
      const left = contents('fake');
      for (const name of ['proc', 'proc-link', 'fake']) fs.rmSync(arena().root(name), { recursive: true });
      fs.mkdirSync(arena().root('proc'));
      assert.deepEqual(left, new Set([FAKE]));
    }
  });

  test('T-R09: a label that can’t be applied is an error', () => {
    for (const label of [{ apparmorProfile: 'no-such-profile' }, { selinuxLabel: 'system_u:system_r:container_t:s0' }]) {
      const { status } = arena().run('true', (bundle) => {
        Object.assign(bundle.process, label);
      });
      assert.equal(status, 1, JSON.stringify(label));
    }
  });

  test('T-R18: settings of the host, and keys that are none, are refused (CVE-2022-0811)', () => {
    const keys = [
      'kernel.core_pattern',
      'kernel/core_pattern',
      'kernel.shm_rmid_forced+kernel.core_pattern',
      'net/../kernel/core_pattern',
      'net.ipv4.ip_forward\nkernel.core_pattern',
      'net//ipv4/ip_forward',
      '/net/ipv4/ip_forward',
      '../sysrq-trigger',
      'net/ipv4/./ip_forward',
      'vm.overcommit_memory',
      'fs.protected_symlinks',
      '',
    ];
    for (const key of keys) {
      const { status, stderr } = arena().run('true', (bundle) => {
        Object.assign(bundle.linux, { sysctl: { [key]: '1' } });
      });
      assert.equal(status, 1, key);
      assert.match(stderr, /sysctl/);
    }
    // A value that smuggles a second setting is one write of one file, and the kernel's to refuse.
    const { status } = arena().run('true', (bundle) => {
      Object.assign(bundle.linux, { sysctl: { 'kernel.shm_rmid_forced': '1+kernel.core_pattern=|/evil' } });
    });
    assert.equal(status, 1);
  });

  test('T-R19: what tells of the host, or changes it, is empty or read-only (CVE-2018-10892)', () => {
    const masked = maskedPaths(os.cpus().length);
    const script = `
      for path in ${masked.join(' ')}; do
        [ -e $path ] || continue
        if [ -d $path ]; then find $path -mindepth 1 | grep . && echo "$path is not empty"; else [ -s $path ] && echo "$path is not empty"; fi
        [ -d $path ] || cat $path
        { echo x > $path || echo x > $path/x; } 2> /dev/null && echo "$path was written"
      done
      for path in ${READ_ONLY_PATHS.join(' ')}; do
        [ -e $path ] || continue
        for file in $(find $path -type f); do { true >> $file; } 2> /dev/null && echo "$file opens for writing"; done
        { mkdir $path/x; } 2> /dev/null && echo "$path was written"
      done
      true`;
    const { status, stdout, stderr } = arena().run(script, (bundle) => {
      Object.assign(bundle.linux, { maskedPaths: masked, readonlyPaths: READ_ONLY_PATHS });
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });
});
