// What happens while no helper is there: containers end, and the next helper knows how, has what they wrote, and starts again what
// is to be started.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerSummary, RestartPolicy } from '../../protocol/containers.js';
import { IMAGE, ImageHelper } from '../support/imageHelper.js';
import { requires } from '../support/world.js';

describe('while there is no helper', requires('root', 'native', 'helper', 'image'), () => {
  const own = ImageHelper.ofSuite();

  /** One that waits for the file `go` in a folder of the host, says its last words and exits with 7. */
  async function waiting(name: string, restart: RestartPolicy): Promise<{ readonly id: string; readonly go: string }> {
    const folder = fs.mkdtempSync(path.join(own.helper.directory, 'go-'));
    const script = 'echo first; while [ ! -e /host/go ]; do sleep 0.05; done; echo last words; exit 7';
    const mounts = [{ type: 'bind', source: folder, target: '/host' }] as const;
    const { id } = await own.client.run({ image: IMAGE, name, command: ['sh', '-c', script], restart, mounts: [...mounts] });
    return { id, go: path.join(folder, 'go') };
  }

  /** kill -9, the containers' ends, and a new helper. */
  async function endsMeanwhile(containers: readonly { readonly id: string; readonly go: string }[]): Promise<void> {
    await own.restart(async () => {
      for (const { go } of containers) fs.writeFileSync(go, '');
      const exits = containers.map(({ id }) => path.join(own.helper.directory, 'state/containers', id, 'exit'));
      for (const deadline = Date.now() + 20_000; !exits.every((file) => fs.existsSync(file)) && Date.now() < deadline;) await delay(20);
      for (const { go } of containers) fs.rmSync(go);
    });
  }

  const summaryOf = async (id: string): Promise<ContainerSummary> => (await own.client.call('container/inspect', { container: id })).summary;

  test('one that exits has its exit code, and the rest of its log', async () => {
    const container = await waiting('ends', { name: 'no' });
    await endsMeanwhile([container]);
    const { state } = await summaryOf(container.id);
    assert.ok(state.status === 'exited', state.status);
    assert.deepEqual([state.exit.code, state.exit.signal, state.exit.unknown], [7, null, null]);
    assert.equal(await own.client.logText(container.id), 'first\nlast words\n');
    await own.client.call('container/remove', { container: container.id });
  });

  test('one that is to start again does, by the new helper: always, and on failure', async () => {
    const policies: readonly RestartPolicy[] = [{ name: 'always' }, { name: 'on-failure', maximumRetryCount: 3 }];
    const containers = await Promise.all(policies.map((policy) => waiting(policy.name, policy)));
    await endsMeanwhile(containers);
    for (const { id } of containers) {
      for (const deadline = Date.now() + 20_000; (await summaryOf(id)).state.status !== 'running' && Date.now() < deadline;) await delay(50);
      const { state, restartCount } = await summaryOf(id);
      assert.deepEqual([state.status, restartCount], ['running', 1]);
      await own.client.call('container/remove', { container: id, force: true });
    }
  });

  test('one whose memory runs out says so, whoever is there to hear it', async () => {
    const { exit } = await own.client.runToEnd({
      image: IMAGE,
      command: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=100M', 'count=1'],
      limits: { memoryBytes: 16 * 2 ** 20 },
    });
    assert.deepEqual([exit.code, exit.signal, exit.oomKilled], [137, 9, true]);
  });
});
