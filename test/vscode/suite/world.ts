// What the tests in the extension host share: the extension's own services, waiting, and containers of the suite's own.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { LogDecoder } from '../../../extension/client/logRecords.js';
import { openStream } from '../../../extension/client/streamConnection.js';
import type { Services } from '../../../extension/services.js';
import type { ContainerSpecInput, ContainerSummary } from '../../../protocol/containers.js';

export const IMAGE = 'bulkhead/busybox:latest';

/** Activates the extension; resolves once it is connected to the suite's helper. */
export async function connected(): Promise<Services> {
  const extension = vscode.extensions.getExtension<Services | undefined>('bulkhead.bulkhead');
  assert.ok(extension, 'the extension is not installed');
  const services = await extension.activate();
  assert.ok(services, 'the extension does not run in test mode');
  const socketPath = process.env['BULKHEAD_SOCKET'];
  assert.ok(socketPath, "no BULKHEAD_SOCKET: the suite runs on a helper of its own, never on the machine's (node tools/test.mjs vscode)");
  if (services.client.socketPath !== socketPath) {
    await vscode.workspace.getConfiguration('bulkhead').update('socketPath', socketPath, vscode.ConfigurationTarget.Global);
  }
  await until(() => services.client.state.status === 'ready', 20_000, `the helper at ${services.client.socketPath}`);
  await foreign(services);
  await vscode.workspace.getConfiguration('bulkhead').update('confirmRemove', false, vscode.ConfigurationTarget.Global);
  return services;
}

export async function until(condition: () => boolean, timeoutMs = 10_000, what = 'it'): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail(`${what} did not come to pass within ${timeoutMs} ms`);
    await delay(2);
  }
}

/** A started container; in the background, unless the spec says otherwise. */
export async function startContainer({ client, store }: Services, spec: Partial<ContainerSpecInput> = {}): Promise<ContainerSummary> {
  const name = `suite-${randomBytes(4).toString('hex')}`;
  const { id } = await client.call('container/create', { spec: { image: IMAGE, name, command: ['sleep', '1000'], ...spec } });
  const started = await client.call('container/start', { container: id });
  // The answer may come before the change that says it.
  await until(() => !['created', 'starting', undefined].includes(store.container(id)?.state.status), 5_000, `the row of ${name}`);
  return started;
}

/** All that the suite has made. What was there before it stays. */
export async function removeAll(services: Services): Promise<void> {
  for (const terminal of vscode.window.terminals) terminal.dispose();
  const kept = await foreign(services);
  const { containers } = await services.client.call('container/list', {});
  for (const { id } of containers) if (!kept.has(id)) await services.client.call('container/remove', { container: id, force: true });
}

/** Those of these ids that are there, with all their names. */
export async function removeImages({ client }: Services, ...ids: readonly string[]): Promise<void> {
  const { images } = await client.call('image/list', {});
  for (const { id } of images) if (ids.includes(id)) await client.call('image/remove', { image: id, allNames: true });
}

/** Undefined: the default again. */
export async function configure(setting: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('bulkhead').update(setting, value, vscode.ConfigurationTarget.Global);
}

const foreignOf = new WeakMap<Services, Promise<ReadonlySet<string>>>();

/** The containers that were there before the suite. */
function foreign(services: Services): Promise<ReadonlySet<string>> {
  const list = async () => new Set((await services.client.call('container/list', {})).containers.map(({ id }) => id));
  const known = foreignOf.get(services) ?? list();
  foreignOf.set(services, known);
  return known;
}

/** Has the helper killed, and another one started in its place. Resolves once that one serves. */
export async function restartHelper(): Promise<void> {
  const request = process.env['BULKHEAD_RESTART_REQUEST'];
  assert.ok(request, 'nobody restarts the helper for the suite');
  fs.writeFileSync(request, '');
  await until(() => !fs.existsSync(request), 60_000, 'the restart of the helper');
}

/** The end of the container's log as text, once `isEnough`. */
export async function logOf({ client }: Services, container: string, isEnough: (text: string) => boolean, timeoutMs = 10_000): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { token } = await client.call('container/logs', { container, tail: 100 });
    const socket = await openStream(client.socketPath, token);
    const decoder = new LogDecoder();
    const parts: Buffer[] = [];
    for await (const chunk of socket) for (const { bytes, isPartial } of decoder.push(chunk as Buffer)) parts.push(bytes, Buffer.from(isPartial ? '' : '\n'));
    const text = Buffer.concat(parts).toString('utf8');
    if (isEnough(text)) return text;
    assert.ok(Date.now() < deadline, `the log holds only: ${text.slice(-500)}`);
    await delay(50);
  }
}
