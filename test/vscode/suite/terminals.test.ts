// Terminals of containers: typed into, resized, flooded, ended; each against a real process.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { AttachedStream } from '../../../extension/client/attachedStream.js';
import type { CallError } from '../../../extension/client/callError.js';
import { openStream } from '../../../extension/client/streamConnection.js';
import type { Services } from '../../../extension/services.js';
import { ContainerTerminal } from '../../../extension/terminals/containerTerminal.js';
import { ContainerTerminals } from '../../../extension/terminals/containerTerminals.js';
import { LogTerminal } from '../../../extension/terminals/logTerminal.js';
import { RememberedTerminals } from '../../../extension/terminals/rememberedTerminals.js';
import { TerminalSources } from '../../../extension/terminals/terminalSources.js';
import type { ContainerSummary } from '../../../protocol/containers.js';
import { connected, logOf, removeAll, restartHelper, startContainer, until } from './world.js';

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
      onceReopenable: () => new vscode.Disposable(() => undefined),
      failed: (error) => assert.fail(String(error)),
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
    // Typed at once: what comes before the shell waits for it.
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
      command: ['sh', '-c', 'read go; yes 0123456789abcdef | head -c 12000000; echo all-of-it; read stop'],
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
    console.log(`      12 MB drawn in ${((performance.now() - began) / 1000).toFixed(1)} s, the window answered within ${slowest.ms.toFixed(0)} ms`);
    assert.ok(slowest.ms < 2_000, `the window took ${slowest.ms.toFixed(0)} ms to answer`);
  });

  it('are opened again for what still runs, as after a reload of the window', async () => {
    const [alive, ended] = [await startContainer(services, SHELL), await startContainer(services, { command: ['true'] })];
    await until(() => services.store.container(ended.id)?.state.status === 'exited', 5_000, 'the end of the second');
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

  /** The log of a container, as its terminal shows it. */
  function headlessLog(container: ContainerSummary) {
    const pty = new LogTerminal(services.sources.log(container));
    const shown = { text: '' };
    pty.onDidWrite((text) => (shown.text += text));
    pty.open();
    return { pty, shown };
  }

  it('follow a log to its end, with standard error marked', async () => {
    const script = 'echo first; echo wrong >&2; read go; echo last';
    const container = await startContainer(services, { command: ['sh', '-c', script], openStdin: true });
    const { pty, shown } = headlessLog(container);
    await until(() => shown.text.includes('first\r\n') && shown.text.includes('\u001b[31m▏\u001b[39mwrong\r\n'), 5_000, 'both lines');
    const typing = headless(container);
    typing.pty.open(undefined);
    await delay(300);
    typing.pty.handleInput('\r');
    await until(() => pty.hasEnded, 10_000, 'the end of the log');
    typing.pty.close();
    assert.match(shown.text, /last\r\n.*This is the end of the log\./s);
    pty.close();
  });

  it('show the log anew after its end, and follow it again once the container runs again', async () => {
    const container = await startContainer(services, { command: ['sh', '-c', 'echo once; sleep 1'] });
    const logs = () => vscode.window.terminals.filter(({ name }) => name === `${container.name}: log`);
    await vscode.commands.executeCommand('bulkhead.container.showLog', container.id);
    await until(() => logs().length === 1, 5_000, 'the log');
    const [first] = logs();
    await vscode.commands.executeCommand('bulkhead.container.showLog', container.id);
    assert.equal(logs()[0], first, 'the one that follows is shown again');
    await until(() => services.store.container(container.id)?.state.status === 'exited', 10_000, 'the end');
    await delay(3_000);
    await services.client.call('container/start', { container: container.id });
    await vscode.commands.executeCommand('bulkhead.container.showLog', container.id);
    await until(() => logs().length === 1 && logs()[0] !== first, 15_000, 'another terminal in its place');
  });

  it('go on with a log where it was when the helper comes back', async () => {
    const script = 'n=0; while true; do n=$((n + 1)); echo "line $n."; echo "line $n!" >&2; sleep 0.1; done';
    const container = await startContainer(services, { command: ['sh', '-c', script] });
    const { pty, shown } = headlessLog(container);
    await until(() => shown.text.includes('line 5.'), 10_000, 'some lines');
    await restartHelper();
    const lines = () => [...shown.text.matchAll(/line (\d+)\./g)].map(([, n]) => Number(n));
    const before = lines().length;
    await until(() => lines().length > before + 20, 30_000, 'further lines');
    assert.match(shown.text, /The connection to the helper was lost\./);
    assert.deepEqual(
      lines(),
      lines().map((_, at) => at + 1),
      'none is missing, none is shown twice',
    );
    assert.equal(pty.hasEnded, false);
    pty.close();
  });

  it('attach again to a container that was started again, and say when that can be done', async () => {
    const container = await startContainer(services, { ...SHELL, command: ['sh', '-c', 'echo begun; read line; exit 7'] });
    const pty = new ContainerTerminal(services.sources.mainProcess(container));
    const shown = { text: '' };
    pty.onDidWrite((text) => (shown.text += text));
    pty.open({ rows: 24, columns: 80 });
    await until(() => shown.text.includes('begun'), 5_000, 'the first output');
    pty.handleInput('\r');
    await until(() => shown.text.includes('Press any key to close.'), 5_000, 'the end');
    assert.ok(!shown.text.includes('Press Enter'), 'there is nothing to attach to yet');
    await services.client.call('container/start', { container: container.id });
    await until(() => shown.text.includes('Press Enter to attach'), 5_000, 'the new hint');
    assert.equal(pty.hasEnded, true);
    shown.text = '';
    pty.reopen();
    await until(() => shown.text.includes('begun'), 5_000, 'the output of the second run');
    pty.close();
  });

  it('attach by the same terminal after a restart', async () => {
    const container = await startContainer(services, { ...SHELL, command: ['sh'] });
    await vscode.commands.executeCommand('bulkhead.container.attach', container.id);
    await delay(500);
    await services.client.call('container/restart', { container: container.id, timeoutMs: 0 });
    await until(() => services.store.container(container.id)?.state.status === 'running', 10_000, 'the second run');
    await delay(500);
    await vscode.commands.executeCommand('bulkhead.container.attach', container.id);
    const [terminal, ...others] = vscode.window.terminals.filter(({ name }) => name === container.name);
    assert.deepEqual(others, []);
    await delay(500);
    terminal?.sendText('echo again=$((6 * 7))');
    await logOf(services, container.id, (text) => text.includes('again=42'));
  });

  it('that can not be opened say so, and tell the log why', async () => {
    const failures: unknown[] = [];
    const sources = new TerminalSources(services.client, services.store, services.settings, (error) => failures.push(error));
    const container = await startContainer(services);
    const pty = new ContainerTerminal(sources.program(container, ['bsah']));
    const shown = { text: '' };
    pty.onDidWrite((text) => (shown.text += text));
    pty.open(undefined);
    await until(() => shown.text.includes('Press any key to close.'), 5_000, 'the end');
    assert.equal((failures[0] as CallError).data.failure?.object, 'bsah');
    assert.equal(failures.length, 1);
    pty.close();
  });

  it('are hung up when the extension ends', async () => {
    const container = await startContainer(services);
    const processes = async () => (await services.client.call('container/top', { container: container.id })).processes.length;
    const untilProcesses = async (wanted: number) => {
      for (const deadline = Date.now() + 10_000; (await processes()) !== wanted; await delay(50)) assert.ok(Date.now() < deadline, `not ${wanted} in time`);
    };
    const terminals = new ContainerTerminals(services.sources, services.store, new RememberedTerminals(new NoMemory()));
    const shell = terminals.openShell(container);
    await untilProcesses(2);
    await delay(300);
    terminals.dispose();
    await untilProcesses(1);
    shell.dispose();
  });
});

/** A memento that forgets. */
class NoMemory implements vscode.Memento {
  keys = () => [];
  get<T>(_key: string, otherwise?: T): T | undefined {
    return otherwise;
  }
  update = () => Promise.resolve();
}
