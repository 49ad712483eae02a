// Sizes at which a length is cut short, and hooks that an image would like to lead: CVE-2021-43784; CVE-2025-23266.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { battle, type Bundle } from './support/arena.js';

/** Around 2¹⁶, and the longest string that execve(2) takes, with its NUL. */
const SIZES = [65_534, 65_535, 65_536, 65_537, 131_070, 131_071];
const TOO_LONG = 131_072;
const FOLDER = `/${'d'.repeat(199)}`;

battle('a config at its borders', {}, (arena) => {
  test('T-R15: strings of 64 KiB arrive whole (CVE-2021-43784)', () => {
    for (const size of SIZES) {
      const big = `BIG=${'e'.repeat(size - 4)}`;
      const argument = 'a'.repeat(size);
      arena().runtime.configure(['/bin/sh', '-c', 'echo ${#BIG} ${#1} ${#2} $AFTER', 'sh', argument, 'last'], (bundle) => {
        bundle.process['env'] = ['PATH=/bin', big, 'AFTER=intact'];
      });
      const { status, stdout, stderr } = arena().runtime.call('run', 'c1');
      assert.deepEqual([status, stdout, stderr], [0, `${size - 4} ${size} 4 intact\n`, ''], String(size));
    }
  });

  test('T-R15: what the kernel does not take is said to be too long, before anything is made', () => {
    const changes: ((bundle: Bundle) => void)[] = [
      (bundle) => bundle.process.args.push('a'.repeat(TOO_LONG)),
      (bundle) => {
        bundle.process['env'] = [`BIG=${'e'.repeat(TOO_LONG - 4)}`];
      },
    ];
    for (const change of changes) {
      const { status, stdout, stderr } = arena().run('echo ran', change);
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /longer than the kernel takes/);
    }
  });

  test('T-R15: no length of a path makes another list of mounts (CVE-2021-43784)', () => {
    // Behind each border lies what a cut off length would make of the next bytes: a mount that nobody has asked for.
    const evil = arena().canary.directory;
    for (const size of [4000, 4095, 4096, ...SIZES, TOO_LONG]) {
      for (const field of ['destination', 'source'] as const) {
        const long =
          FOLDER.repeat(size / FOLDER.length)
            .slice(0, size - evil.length)
            .padEnd(size - evil.length, '/') + evil;
        const mount = { destination: '/tmp/x', type: 'bind', source: evil, options: ['bind'], [field]: long };
        const { status, stdout } = arena().run('echo ran; cut -d" " -f5 /proc/self/mountinfo | grep -E "canary|^/tmp|^/evil"', (bundle) => {
          bundle.root.readonly = false;
          bundle.mounts.push(mount, { destination: '/tmp/marker', type: 'tmpfs', source: 'tmpfs' });
        });
        const isMade = field === 'destination' && size < 4096;
        assert.equal(status === 0, isMade, `${field} of ${size}: ${stdout}`);
        if (isMade) assert.equal(stdout, `ran\n${long.replaceAll(/\/+/g, '/')}\n/tmp/marker\n`);
        for (const name of fs.readdirSync(arena().root()).filter((entry) => /^d+$/.test(entry))) fs.rmSync(arena().root(name), { recursive: true });
      }
    }
  });

  test('T-R15: as many mounts as there are places, and not one more', () => {
    const many = (count: number) => (bundle: Bundle) => {
      // A cgroup mount is several.
      bundle.mounts = bundle.mounts.filter((mount) => (mount as { type: string }).type !== 'cgroup');
      while (bundle.mounts.length < count) bundle.mounts.push({ destination: '/tmp', type: 'tmpfs', source: `number-${bundle.mounts.length}`, options: [] });
    };
    assert.equal(arena().run('grep -c " number-" /proc/self/mountinfo; grep -c " number-511 " /proc/self/mountinfo', many(512)).stdout, `${512 - 6}\n1\n`);
    const { status, stderr } = arena().run('echo ran', many(513));
    assert.equal(status, 1);
    assert.match(stderr, /more than 512/);
  });
});

battle('hooks beside an image’s wishes', {}, (arena) => {
  /** A library that leaves a file where it is loaded by a process of the host. */
  function evilLibrary(): string {
    const library = arena().root('evil.so');
    const source = `#include <cstdio>\n__attribute__((constructor)) static void load() { fclose(fopen("${arena().canary.directory}/loaded", "w")); }\n`;
    execFileSync('g++', ['-shared', '-fPIC', '-x', 'c++', '-o', library, '-'], { input: source });
    return library;
  }

  test('T-R23: a hook has the environment and the directory of its own, nothing of the container’s (CVE-2025-23266)', () => {
    const library = evilLibrary();
    const heard = arena().runtime.at('heard');
    const stages = ['prestart', 'createRuntime', 'poststart', 'poststop'];
    const hook = { path: '/bin/sh', args: ['sh', '-c', `/usr/bin/env >> ${heard}; pwd >> ${heard}`] };
    arena().runtime.configure(['/bin/true'], (bundle) => {
      bundle.process['env'] = [`LD_PRELOAD=${library}`, 'LD_LIBRARY_PATH=/', 'PATH=/evil', 'IFS=/', 'ENV=/evil', 'BASH_ENV=/evil', 'NODE_OPTIONS=--evil'];
      bundle.process['cwd'] = '/tmp';
      bundle.hooks = Object.fromEntries(stages.map((stage) => [stage, [hook, { ...hook, env: ['ONLY=this'] }]]));
    });
    const { status, stderr } = arena().runtime.call('run', 'c1');
    assert.deepEqual([status, stderr], [0, '']);
    const lines = fs.readFileSync(heard, 'utf8').trim().split('\n');
    const shells = /^(PWD|OLDPWD|SHLVL|_)=/;
    const own = lines.filter((line) => !shells.test(line));
    assert.deepEqual(
      own,
      stages.flatMap(() => ['/', 'ONLY=this', '/']),
    );
    fs.rmSync(library);
    fs.rmSync(heard);
  });

  test('T-R23: a hook has no name that is looked for, and no place in an image’s root', () => {
    fs.writeFileSync(arena().root('bin/hook-of-the-image'), '#!/bin/sh\n', { mode: 0o755 });
    // Of the host, too: a hook is started in /, where bin/true would be found.
    for (const hookPath of ['true', 'bin/true', './bin/true', '/bin/hook-of-the-image', '']) {
      const { status } = arena().run('true', (bundle) => {
        bundle.hooks = { createRuntime: [{ path: hookPath }] };
      });
      assert.equal(status, 1, hookPath);
    }
    fs.rmSync(arena().root('bin/hook-of-the-image'));
  });
});
