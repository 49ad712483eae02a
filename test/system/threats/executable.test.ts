// What enters a container must not be taken over there, nor lead to the host: CVE-2019-5736, CVE-2016-9962.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { seccompFor } from '../../../helper/policy/seccomp.js';
import { battle, inUserNamespace, rounds, withCapabilities, type Arena, type Bundle } from './support/arena.js';

battle('entering a container', { attackers: ['exeWriter', 'tracer'], world: ['user-namespaces'] }, (arena) => {
  /** `count` times exec of `command`, while `attacker` runs in the container as root; then what it has to say. */
  async function execBeside(attacker: 'exeWriter' | 'tracer', count: number, command: string, change: (bundle: Bundle) => void): Promise<string> {
    const { runtime }: Arena = arena();
    for (const name of ['stop', 'ready', 'report']) fs.rmSync(arena().root(name), { force: true });
    // The container's root writes there, whoever it is on the host.
    fs.chmodSync(arena().root(), 0o777);
    arena().start([`/bin/${attacker}`], (bundle) => {
      bundle.root.readonly = false;
      // seccomp would keep the attacker from ptrace, not the kernel.
      delete bundle.linux['seccomp'];
      change(bundle);
    });
    try {
      await arena().written('ready');
      for (let i = 0; i < count; i++) runtime.call('exec', 'c1', command);
      fs.writeFileSync(arena().root('stop'), '');
      return await arena().written('report');
    } finally {
      arena().remove();
      fs.chmodSync(arena().root(), 0o755);
    }
  }

  /** An executable whose interpreter is whatever executes it. */
  function scriptOfItself(): string {
    fs.writeFileSync(arena().root('bin/itself'), '#!/proc/self/exe\n', { mode: 0o755 });
    return '/bin/itself';
  }

  test('T-R01: the executable that enters can’t be written, though it is handed out (CVE-2019-5736)', async () => {
    const report = await execBeside('exeWriter', rounds(30), scriptOfItself(), (bundle) => withCapabilities(bundle, 'CAP_SYS_PTRACE'));
    const [seen = 0, held = 0, written = -1] = (report.match(/\d+/g) ?? []).map(Number);
    assert.ok(seen > 0 && held > 0, `the attack got nowhere: ${report}`);
    assert.equal(written, 0);
  });

  test('T-R02: who attaches before execve finds no descriptor of the host (CVE-2016-9962)', async () => {
    const report = await execBeside('tracer', rounds(30), '/bin/true', (bundle) => withCapabilities(bundle, 'CAP_SYS_PTRACE'));
    assert.ok(Number(/attached (\d+)/.exec(report)?.[1]) > 0, `the attack got nowhere: ${report}`);
    const held = [...report.matchAll(/^holds (.*)$/gm)].map(([, link]) => link);
    assert.deepEqual(
      held.filter((link) => link !== 'socket:' && link !== 'pipe:'),
      [],
    );
  });

  test('T-R02: who attaches before execve finds a process that is confined already', async () => {
    const report = await execBeside('tracer', rounds(60), '/bin/true', (bundle) => {
      withCapabilities(bundle, 'CAP_SYS_PTRACE');
      bundle.linux['seccomp'] = seccompFor('x64', new Set(['CAP_SYS_PTRACE']));
    });
    assert.match(report, /^attached \d+ early [1-9]/, `the attack got nowhere: ${report}`);
    assert.match(report, / unfiltered 0$/m);
  });

  test('T-R02: in a user namespace nobody attaches before execve (CVE-2016-9962)', async () => {
    const report = await execBeside('tracer', rounds(30), '/bin/true', (bundle) => {
      inUserNamespace(bundle);
      withCapabilities(bundle, 'CAP_SYS_PTRACE');
    });
    assert.match(report, /^attached \d+ early 0 /m);
    assert.doesNotMatch(report, /^holds/m);
  });
});
