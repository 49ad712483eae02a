// Where mounts and files land while somebody exchanges the way there: CVE-2021-30465, CVE-2024-45310, CVE-2026-41579,
// CVE-2025-24965.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Exchanger } from './support/attackers.js';
import { battle, rounds, type Bundle } from './support/arena.js';

battle('mounts through what others exchange', { attackers: ['exchanger'] }, (arena) => {
  /** A volume that another container has as well, where `a` (with a directory) and `l` (which leads to the host's canary) change places. */
  async function exchanging(inside: string, link: string, attack: () => void): Promise<void> {
    const volume = arena().runtime.at('volume');
    fs.mkdirSync(`${volume}/a${inside}`, { recursive: true });
    fs.symlinkSync(link, `${volume}/l`);
    const exchanger = await Exchanger.start(arena().program('exchanger'), [`${volume}/a`, `${volume}/l`]);
    try {
      attack();
    } finally {
      await exchanger.stop();
      fs.rmSync(volume, { recursive: true });
    }
  }

  /** Its parent changes places meanwhile: what can't be removed now is removed in the end. */
  function removeWhatIsThere(folder: string): void {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY');
    }
  }

  const withMount =
    (mount: object) =>
    (bundle: Bundle): void => {
      bundle.root.readonly = false;
      bundle.mounts.push({ destination: '/volume', type: 'bind', source: arena().runtime.at('volume'), options: ['rbind'] }, mount);
    };

  test('T-R05: a mount lands inside the root, or not at all (CVE-2021-30465)', async () => {
    let started = 0;
    await exchanging('/folder', arena().canary.directory, () => {
      for (let i = 0; i < rounds(120); i++) {
        const { status, stdout, stderr } = arena().run(
          'grep -c " marker " /proc/self/mountinfo',
          withMount({ destination: '/volume/a/folder', type: 'tmpfs', source: 'marker' }),
        );
        if (status === 0) started++;
        else assert.match(stderr, /unable to start container process: mount /);
        if (status === 0) assert.equal(stdout, '1\n');
      }
    });
    assert.ok(started > 0);
    assert.doesNotMatch(fs.readFileSync('/proc/self/mountinfo', 'utf8'), / marker /);
  });

  test('T-R06: a missing mount point is made inside the root, or not at all (CVE-2024-45310)', async () => {
    await exchanging('', arena().canary.directory, () => {
      for (let i = 0; i < rounds(120); i++) {
        removeWhatIsThere(arena().runtime.at('volume/a/new'));
        const { status, stderr } = arena().run('true', withMount({ destination: '/volume/a/new/deep', type: 'tmpfs', source: 'marker' }));
        if (status !== 0) assert.match(stderr, /unable to start container process: mount /);
      }
    });
    arena().canary.check();
  });

  test('T-R10: devices are not made through an image’s /dev (CVE-2026-41579, CVE-2026-47766)', () => {
    const without =
      (...places: readonly string[]) =>
      (bundle: Bundle) => {
        bundle.root.readonly = false;
        bundle.mounts = bundle.mounts.filter((mount) => !places.some((place) => (mount as { destination: string }).destination === place));
        bundle.linux['devices'] = [{ path: '/dev/extra', type: 'c', major: 1, minor: 3 }];
      };
    const dev = ['/dev', '/dev/pts', '/dev/shm', '/dev/mqueue'];
    fs.rmdirSync(arena().root('dev'));
    for (const target of [arena().canary.directory, `..${arena().canary.directory}`, '/proc/self/fd/5', '/nowhere']) {
      fs.symlinkSync(target, arena().root('dev'));
      // With file systems to be mounted at and below /dev: the link is refused.
      assert.equal(arena().run('true', without()).status, 1, target);
      assert.equal(arena().run('true', without('/dev')).status, 1, target);
      // Without: it is followed inside the root, or is an error.
      arena().run('true', without(...dev));
      arena().canary.check();
      fs.unlinkSync(arena().root('dev'));
    }
    fs.mkdirSync(arena().root('dev'));
    for (const name of ['pts', 'shm', 'null', 'fd', 'ptmx', 'extra']) {
      fs.rmSync(arena().root('dev'), { recursive: true });
      fs.mkdirSync(arena().root('dev'));
      fs.symlinkSync(name === 'pts' || name === 'shm' ? arena().canary.folder : arena().canary.secret, arena().root('dev', name));
      arena().run('echo x > /dev/null', without(...dev));
      arena().run('echo x > /dev/null', without('/dev'));
      arena().canary.check();
    }
    fs.rmSync(arena().root('dev'), { recursive: true });
    fs.mkdirSync(arena().root('dev'));
  });

  test('T-R24: a file that is mounted is not put where a link of the image leads (CVE-2025-24965, CVE-2024-0132)', () => {
    fs.writeFileSync(arena().runtime.at('resolv.conf'), 'nameserver 192.0.2.1\n');
    for (const target of [arena().canary.secret, `${arena().canary.directory}/new`, `../../../../../..${arena().canary.secret}`, '/proc/self/fd/5']) {
      fs.rmSync(arena().root('etc/resolv.conf'), { force: true });
      fs.symlinkSync(target, arena().root('etc/resolv.conf'));
      const { status, stdout } = arena().run('cat /etc/resolv.conf', (bundle) => {
        bundle.root.readonly = false;
        bundle.mounts.push({ destination: '/etc/resolv.conf', type: 'bind', source: arena().runtime.at('resolv.conf'), options: ['bind', 'ro'] });
      });
      if (status === 0) assert.equal(stdout, 'nameserver 192.0.2.1\n');
      arena().canary.check();
    }
    fs.rmSync(arena().root('etc/resolv.conf'));
  });

  test('T-R24: what is missing on the way is made inside the root, wherever its links lead', () => {
    const { directory } = arena().canary;
    for (const target of [directory, `../../../../../..${directory}`, '/proc/self/cwd', '/proc/self/fd/5']) {
      fs.symlinkSync(target, arena().root('away'));
      const changes: ((bundle: Bundle) => void)[] = [
        (bundle) => {
          bundle.process['cwd'] = '/away/new/directory';
        },
        (bundle) => {
          bundle.linux['devices'] = [{ path: '/away/new-device', type: 'c', major: 1, minor: 3 }];
        },
        (bundle) => bundle.mounts.push({ destination: '/away/new-mount', type: 'tmpfs', source: 'tmpfs' }),
        (bundle) => {
          Object.assign(bundle.linux, { maskedPaths: ['/away/secret'], readonlyPaths: ['/away/folder'] });
        },
      ];
      for (const change of changes) {
        arena().run('true', (bundle) => {
          bundle.root.readonly = false;
          change(bundle);
        });
        arena().canary.check();
      }
      fs.unlinkSync(arena().root('away'));
    }
    fs.rmSync(arena().root('root'), { recursive: true, force: true });
  });

  test('T-R24: nothing is written into a root once its container runs', () => {
    arena().start(['/bin/sleep', '1000'], (bundle) => {
      bundle.root.readonly = false;
    });
    try {
      const before = pictureOf(arena().root());
      const { runtime } = arena();
      assert.equal(runtime.call('exec', '--user', 'web', '--cwd', '/tmp', 'c1', '/bin/true').status, 0);
      for (const command of ['pause', 'resume', 'state', 'ps']) assert.equal(runtime.call(command, 'c1').status, 0);
      assert.equal(runtime.call('update', '--pids-limit', '30', 'c1').status, 0);
      assert.equal(runtime.call('kill', 'c1', 'KILL').status, 0);
      arena().remove();
      assert.deepEqual(pictureOf(arena().root()), before);
    } finally {
      arena().remove();
    }
  });

  /** Every name, with what a write would change. */
  const pictureOf = (folder: string): string[] =>
    fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const { ino, size, mode, mtimeMs, ctimeMs } = fs.lstatSync(`${folder}/${name}`);
        return [name, ino, size, mode, mtimeMs, ctimeMs].join(' ');
      });
});
