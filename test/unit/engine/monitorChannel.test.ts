// When a monitor is taken for gone: only when nobody is there, not when one could not ask.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { mock, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MonitorChannel } from '../../../helper/engine/monitor/monitorChannel.js';
import { FakeMonitor } from '../../support/fakeMonitor.js';

async function given(t: TestContext): Promise<{ folder: string; heard: string[]; watch: () => void }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bulkhead-unit-'));
  const heard: string[] = [];
  const channels: MonitorChannel[] = [];
  const listener = {
    running: () => void heard.push('running'),
    exited: ({ code }: { code: number }) => void heard.push(`exited ${code}`),
    lost: () => void heard.push('lost'),
  };
  t.after(async () => {
    for (const channel of channels) channel.close();
    await rm(folder, { recursive: true });
  });
  return { folder, heard, watch: () => void channels.push(new MonitorChannel(folder, 'monitor', 'exit', listener)) };
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 8000; !condition() && Date.now() < deadline;) await delay(5);
}

test('a monitor that is not there is lost', async (t) => {
  const { heard, watch } = await given(t);
  watch();
  await until(() => heard.length > 0);
  assert.deepEqual(heard, ['lost']);
});

for (const code of ['EMFILE', 'EAGAIN', 'ENFILE']) {
  test(`${code} does not say that there is none: it is asked again`, async (t) => {
    const { folder, heard, watch } = await given(t);
    const connect = net.connect.bind(net);
    let failures = 0;
    // As the kernel would answer: by an error on a socket that was never connected.
    const broken = mock.method(net, 'connect', (place: string) => {
      if ((failures += 1) > 5) return connect(place);
      const socket = new net.Socket();
      process.nextTick(() => socket.destroy(Object.assign(new Error(code), { code })));
      return socket;
    });
    t.after(() => broken.mock.restore());
    const monitor = await FakeMonitor.listen(folder, 'monitor', 'exit', 7);
    t.after(() => monitor.close());
    watch();
    await until(() => heard.length > 0);
    assert.deepEqual(heard, ['running']);
    assert.ok(failures > 5);
  });
}

test('an exit that can not be read yet is not taken for none', async (t) => {
  const { folder, heard, watch } = await given(t);
  const monitor = await FakeMonitor.listen(folder, 'monitor', 'exit', 7);
  watch();
  await until(() => heard.length > 0);
  // A folder can't be read as a file: EISDIR.
  await mkdir(path.join(folder, 'exit'));
  await monitor.die();
  await delay(200);
  assert.deepEqual(heard, ['running']);
  await rm(path.join(folder, 'exit'), { recursive: true });
  await writeFile(path.join(folder, 'exit'), 'exited 3 0 0 1\n');
  await chmod(path.join(folder, 'exit'), 0o600);
  await until(() => heard.length > 1);
  assert.deepEqual(heard, ['running', 'exited 3']);
});
