// Terminals of containers: typed into, resized, flooded, ended; each against a real process.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { AttachedStream } from '../../../extension/client/attachedStream.js';
import { openStream } from '../../../extension/client/streamConnection.js';
import type { Services } from '../../../extension/services.js';
import { ContainerTerminal } from '../../../extension/terminals/containerTerminal.js';
import type { ContainerSummary } from '../../../protocol/containers.js';
import { connected, logOf, removeAll, startContainer, until } from './world.js';

const SHELL = { command: ['sh'], terminal: true, openStdin: true };

describe('terminals', () => {
  let services: Services;
  before(async () => {
    services = await connected();
  });
  after(() => removeAll(services));

  /** A Pseudoterminal whose output is kept instead of drawn; it answers no questions. */
  function headless({ id, terminal }: ContainerSummary) {
    const open = async () => {
      const { token } = await services.client.call('container/attach', { container: id });
      return new AttachedStream(await openStream(services.client.socketPath, token));
    };
    const pty = new ContainerTerminal({
      isTerminal: terminal,
      acceptsInput: true,
      closesOnSuccess: false,
      endsWithTerminal: false,
      canReopen: () => false,
      open,
    });
    const shown = { text: '' };
    pty.onDidWrite((text) => (shown.text += text));
    return { pty, shown };
  }

  it('attach to the main process: what is typed reaches it', async () => {
    const container = await startContainer(services, SHELL);
    await vscode.commands.executeCommand('bulkhead.container.attach', container.id);
    const terminal = vscode.window.terminals.find(({ name }) => name === container.name);
    assert.ok(terminal, 'no terminal was opened');
    await delay(500);
    terminal.sendText('echo answer=$((6 * 7))');
    await logOf(services, container.id, (text) => text.includes('answer=42'));
    await vscode.commands.executeCommand('bulkhead.container.attach', container.id);
    assert.equal(vscode.window.terminals.filter(({ name }) => name === container.name).length, 1, 'the one that is open is shown again');
    terminal.dispose();
    await delay(200);
    assert.equal(services.store.container(container.id)?.state.status, 'running', 'closing a terminal ends nothing');
  });

  it('show characters whole, and the size that they have', async () => {
    const container = await startContainer(services, SHELL);
    const { pty, shown } = headless(container);
    pty.open({ rows: 31, columns: 97 });
    await until(() => shown.text.includes('#'), 5_000, 'the prompt');
    pty.handleInput('stty size\r');
    await until(() => shown.text.includes('31 97'), 5_000, 'the first size');
    pty.setDimensions({ rows: 20, columns: 60 });
    await delay(100);
    pty.handleInput('stty size; printf "\\033[1;32mgr\\303\\274\\303\\237e €\\033[0m\\n"\r');
    await until(() => shown.text.includes('20 60'), 5_000, 'the second size');
    await until(() => shown.text.includes('\u001b[1;32mgrüße €\u001b[0m'), 5_000, 'colours and characters');
    pty.handleInput('sleep 100\r');
    await delay(200);
    pty.handleInput('\u0003');
    pty.handleInput('echo status=$?\r');
    await until(() => shown.text.includes('status=130'), 5_000, 'the end by Ctrl+C');
    pty.handleInput('exit 7\r');
    await until(() => shown.text.includes('exit code 7'), 5_000, 'the closing line');
    pty.close();
  });

  it('open shells in a running container, several at once, that go away when left', async () => {
    const container = await startContainer(services);
    await vscode.commands.executeCommand('bulkhead.container.openShell', container.id);
    await vscode.commands.executeCommand('bulkhead.container.openShell', container.id);
    const open = () => vscode.window.terminals.filter(({ name }) => name === `${container.name}: shell`);
    await until(() => open().length === 2);
    await delay(500);
    const [first] = open();
    first?.sendText('hostname > /tmp/said; exit');
    await until(() => open().length === 1, 10_000, 'the end of the first shell');
    open()[0]?.sendText('cat /tmp/said > /proc/1/fd/1; exit');
    await until(() => open().length === 0, 10_000, 'the end of the second shell');
  });

  it('take the shell with them when they are closed', async () => {
    const container = await startContainer(services);
    const shells = async () => (await services.client.call('container/top', { container: container.id })).processes.length - 1;
    const untilShells = async (wanted: number) => {
      for (const deadline = Date.now() + 10_000; (await shells()) !== wanted; await delay(50)) assert.ok(Date.now() < deadline, `not ${wanted} shells in time`);
    };
    await vscode.commands.executeCommand('bulkhead.container.openShell', container.id);
    await untilShells(1);
    await delay(300);
    vscode.window.terminals.find(({ name }) => name === `${container.name}: shell`)?.dispose();
    await untilShells(0);
  });

  it('are lines and signals for a process without a terminal', async () => {
    const container = await startContainer(services, { command: ['sh', '-c', 'read line; echo "got $line" >&2; cat'], openStdin: true });
    const { pty, shown } = headless(container);
    pty.open(undefined);
    await delay(300);
    pty.handleInput('hello');
    pty.handleInput('\r');
    await until(() => shown.text.includes('got hello\r\n'), 5_000, 'the answer');
    pty.handleInput('\u0004');
    await until(() => shown.text.includes('exit code 0'), 5_000, 'the end');
    pty.close();
  });

  it('hold back a process that prints faster than they are drawn', async () => {
    const container = await startContainer(services, {
      command: ['sh', '-c', 'read go; yes 0123456789abcdef | head -c 60000000; read stop'],
      terminal: true,
      openStdin: true,
    });
    const { pty, shown } = headless(container);
    pty.open({ rows: 24, columns: 80 });
    await delay(300);
    pty.handleInput('\r');
    await delay(1_500);
    // A terminal that answers nothing is sent a window's worth a second: what else was printed waits in the process's own write.
    assert.ok(shown.text.length > 100_000, `${shown.text.length} characters were shown`);
    assert.ok(shown.text.length < 5_000_000, `${shown.text.length} characters were shown`);
    pty.close();
  });

  it('show a flood without freezing the window', async () => {
    const container = await startContainer(services, {
      command: ['sh', '-c', 'read go; yes 0123456789abcdef | head -c 30000000; echo all-of-it; read stop'],
      terminal: true,
      openStdin: true,
    });
    await vscode.commands.executeCommand('bulkhead.container.attach', container.id);
    const terminal = vscode.window.terminals.find(({ name }) => name === container.name);
    await delay(500);
    terminal?.sendText('');
    const slowest = { ms: 0 };
    const began = performance.now();
    const flood = logOf(services, container.id, (text) => text.includes('all-of-it'), 45_000);
    const isOver = { value: false };
    void flood.finally(() => (isOver.value = true)).catch(() => undefined);
    while (!isOver.value) {
      const asked = performance.now();
      await vscode.commands.executeCommand('setContext', 'bulkhead.test', asked);
      slowest.ms = Math.max(slowest.ms, performance.now() - asked);
      await delay(50);
    }
    await flood;
    console.log(`      30 MB drawn in ${((performance.now() - began) / 1000).toFixed(1)} s, the window answered within ${slowest.ms.toFixed(0)} ms`);
    assert.ok(slowest.ms < 2_000, `the window took ${slowest.ms.toFixed(0)} ms to answer`);
  });

  it('are opened again for what still runs, as after a reload of the window', async () => {
    const [alive, ended] = [await startContainer(services, SHELL), await startContainer(services, { command: ['true'] })];
    const remembered = [
      { kind: 'attach', container: alive.id },
      { kind: 'shell', container: alive.id },
      { kind: 'attach', container: ended.id },
      { kind: 'log', container: ended.id },
    ];
    await services.workspaceState.update('terminals.open', remembered);
    services.terminals.reopen();
    const names = () => vscode.window.terminals.map(({ name }) => name);
    await until(() => names().includes(alive.name) && names().includes(`${alive.name}: shell`), 5_000, 'both terminals');
    assert.ok(!names().includes(ended.name));
    assert.ok(names().includes(`${ended.name}: log`), 'a log is read after the end, too');
    const kept = services.workspaceState.get<{ kind: string; container: string }[]>('terminals.open', []);
    assert.equal(kept.filter(({ container }) => container === alive.id).length, 2);
    assert.deepEqual(
      kept.filter(({ container }) => container === ended.id).map(({ kind }) => kind),
      ['log'],
    );
  });

  it('follow a log', async () => {
    const container = await startContainer(services, { command: ['sh', '-c', 'echo out; echo err >&2; sleep 1000'] });
    await vscode.commands.executeCommand('bulkhead.container.showLog', container.id);
    await until(() => vscode.window.terminals.some(({ name }) => name === `${container.name}: log`), 5_000, 'the log');
  });
});
