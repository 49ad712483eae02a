// Sockets without a file, which every process of a network namespace can connect to: CVE-2020-15257.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { startHelper, type TestHelper } from '../../support/helper.js';
import { battle, type Bundle } from './support/arena.js';

battle('sockets without a file', { world: ['helper'] }, (arena) => {
  let helper: TestHelper;
  before(async () => {
    helper = await startHelper();
  });
  after(() => helper.stop());

  const onHostNetwork = (bundle: Bundle): void => {
    bundle.linux.namespaces = bundle.linux.namespaces.filter((entry) => (entry as { type: string }).type !== 'network');
  };

  /** Of a process: the inodes of the sockets that it holds. */
  function socketsOf(pid: number): Set<string> {
    const folder = `/proc/${pid}/fd`;
    const links = fs.readdirSync(folder).map((fd) => fs.readlinkSync(`${folder}/${fd}`));
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  }

  test('T-R22: a container on the host’s network finds no socket of ours without a file (CVE-2020-15257)', () => {
    const { stdout } = arena().run('cat /proc/net/unix', onHostNetwork);
    const sockets = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
    assert.ok(sockets.length > 0);
    const ours = socketsOf(helper.process.pid ?? 0);
    const named = sockets.filter(([, , , , , , inode = '']) => ours.has(inode)).flatMap(([, , , , , , , name]) => name ?? []);
    assert.deepEqual([...new Set(named)], [helper.socketPath]);
    // Whatever else begins with @ there is not of this program either.
    const abstract = sockets.flatMap(([, , , , , , , name = '']) => (name.startsWith('@') ? [name] : []));
    assert.deepEqual(
      abstract.filter((name) => name.includes('bulkhead')),
      [],
    );
  });

  test('T-R22: nor one of a container’s own process that waits, or of the one beside it', () => {
    const before = new Set(abstractNames());
    arena().runtime.configure(['/bin/sleep', '1000'], onHostNetwork);
    assert.equal(arena().runtime.callDetached('create', 'c1'), 0);
    try {
      assert.deepEqual(
        abstractNames().filter((name) => !before.has(name) && name.includes('bulkhead')),
        [],
      );
    } finally {
      arena().remove();
    }
  });

  const abstractNames = (): string[] => fs.readFileSync('/proc/net/unix', 'utf8').match(/@.*$/gm) ?? [];
});
