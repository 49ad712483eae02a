// /dev/null, /dev/console and /dev/pts in the hands of others: CVE-2025-31133, CVE-2025-52565.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { Exchanger } from './support/attackers.js';
import { battle, rounds, type Bundle } from './support/arena.js';

battle('a /dev that others change', { attackers: ['exchanger'] }, (arena) => {
  /** A /dev on the host, shared with whoever exchanges things in it. */
  const withSharedDev = (bundle: Bundle): void => {
    bundle.root.readonly = false;
    const dev = { destination: '/dev', type: 'bind', source: arena().runtime.at('dev'), options: ['rbind', 'dev'] };
    bundle.mounts = [...bundle.mounts.filter((mount) => !/^\/dev/.test((mount as { destination: string }).destination)), dev];
  };

  /** `names` of the shared /dev change places with links to what a container must not reach. */
  async function exchanging(names: readonly string[], attack: () => void): Promise<void> {
    const dev = arena().runtime.at('dev');
    fs.mkdirSync(dev);
    execFileSync('mknod', ['-m', '666', `${dev}/null`, 'c', '1', '3']);
    fs.mkdirSync(`${dev}/pts`);
    fs.writeFileSync(`${dev}/console`, '');
    fs.symlinkSync('/proc/sys/kernel/core_pattern', `${dev}/null-link`);
    fs.symlinkSync('/proc/sys/kernel/core_pattern', `${dev}/console-link`);
    // Where the terminal's name is another file.
    const elsewhere = arena().runtime.at('elsewhere');
    fs.mkdirSync(elsewhere, { recursive: true });
    for (const name of ['0', '1', 'ptmx']) fs.writeFileSync(`${elsewhere}/${name}`, '');
    fs.symlinkSync(elsewhere, `${dev}/pts-link`);
    const pairs = names.map((name): [string, string] => [`${dev}/${name}`, `${dev}/${name}-link`]);
    const exchanger = await Exchanger.start(arena().program('exchanger'), ...pairs);
    try {
      attack();
    } finally {
      await exchanger.stop();
      fs.rmSync(dev, { recursive: true });
    }
  }

  test('T-R07: masks do not come from the container’s /dev/null (CVE-2025-31133)', async () => {
    await exchanging(['null'], () => {
      for (let i = 0; i < rounds(60); i++) {
        const { status, stdout, stderr } = arena().run(
          'for path in /proc/interrupts /proc/keys /proc/timer_list; do cat $path; stat -c %F $path; done; ls /sys/firmware; { echo x > /proc/keys; } 2>&1 | grep -o "Read-only.*"',
          withSharedDev,
        );
        assert.deepEqual([status, stderr], [0, '']);
        assert.equal(stdout, 'regular empty file\n'.repeat(3) + 'Read-only file system\n');
      }
    });
  });

  test('T-R08: the console is the terminal, or the start fails (CVE-2025-52565)', async () => {
    let started = 0;
    for (const names of [['pts'], ['console', 'pts']]) await exchanging(names, attack);
    assert.ok(started > 0);

    function attack(): void {
      for (let i = 0; i < rounds(25); i++) {
        const { stdout } = arena().runOnTerminal('grep -cE " /dev/console(-link)? .* devpts " /proc/self/mountinfo; tty; echo ended', (bundle) => {
          withSharedDev(bundle);
          bundle.mounts.push({ destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance', 'ptmxmode=0666', 'mode=0620'] });
        });
        if (!stdout.includes('ended')) assert.match(stdout, /unable to start container process/);
        // Exchanged later on, the name takes the mount along.
        else assert.match(stdout, /1\r\n/, stdout);
        if (stdout.includes('ended')) started++;
      }
    }
  });

  test('T-R08: without an attacker the console is of devpts', () => {
    const { stdout } = arena().runOnTerminal('stat -c %t /dev/console; stat -L -c %t /proc/self/fd/0');
    assert.match(stdout, /88\r\n88\r\n/);
  });
});
