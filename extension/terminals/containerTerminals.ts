// The integrated terminals of containers: opens them, shows the one that is there already, and opens them again after the window was
// reloaded (VS Code keeps no terminal whose program is an extension's).
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ParamsInput } from '../../protocol/methods.js';
import { AttachedStream } from '../client/attachedStream.js';
import type { HelperClient } from '../client/helperClient.js';
import { openStream } from '../client/streamConnection.js';
import { canEnter } from '../model/containerState.js';
import type { WorldStore } from '../model/worldStore.js';
import { isProgramMissing } from '../ui/errors.js';
import type { Settings } from '../ui/settings.js';
import { ContainerTerminal, type TerminalSource } from './containerTerminal.js';
import { LogTerminal } from './logTerminal.js';
import type { RememberedTerminals } from './rememberedTerminals.js';

export class ContainerTerminals implements vscode.Disposable {
  private readonly attached = new Map<string, vscode.Terminal>();
  private readonly logs = new Map<string, vscode.Terminal>();
  /** Of terminals that VS Code is about to make for the profile: their options, and the container. */
  private readonly profiles = new Map<unknown, string>();
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(
    private readonly client: HelperClient,
    private readonly store: WorldStore,
    private readonly settings: Settings,
    private readonly remembered: RememberedTerminals,
  ) {
    this.subscriptions = [
      vscode.window.onDidOpenTerminal((terminal) => this.opened(terminal)),
      vscode.window.onDidCloseTerminal((terminal) => this.closed(terminal)),
    ];
  }

  /** The main process's terminal; the same one if it is open. */
  attach(container: ContainerSummary, preserveFocus = false): vscode.Terminal {
    const open = this.attached.get(container.id);
    if (open !== undefined) return shown(open, preserveFocus);
    const terminal = vscode.window.createTerminal({
      name: container.name,
      pty: new ContainerTerminal(this.mainProcess(container)),
      iconPath: new vscode.ThemeIcon('vm-connect'),
      isTransient: true,
    });
    this.attached.set(container.id, terminal);
    this.remembered.add(terminal, { kind: 'attach', container: container.id });
    return shown(terminal, preserveFocus);
  }

  openShell(container: ContainerSummary, preserveFocus = false): vscode.Terminal {
    const terminal = vscode.window.createTerminal(this.shellOptions(container));
    this.remembered.add(terminal, { kind: 'shell', container: container.id });
    return shown(terminal, preserveFocus);
  }

  /** For the terminal profile, with which VS Code makes the terminal itself. */
  profileOptions(container: ContainerSummary): vscode.ExtensionTerminalOptions {
    const options = this.shellOptions(container);
    this.profiles.set(options, container.id);
    return options;
  }

  private shellOptions(container: ContainerSummary): vscode.ExtensionTerminalOptions {
    return {
      name: l10n.t('{0}: shell', container.name),
      pty: new ContainerTerminal(this.process((size) => this.firstShell(container, size), true)),
      iconPath: new vscode.ThemeIcon('terminal'),
      isTransient: true,
    };
  }

  exec(container: ContainerSummary, command: readonly string[]): vscode.Terminal {
    const open = (size: vscode.TerminalDimensions | undefined) => this.runIn(container, command, size);
    const pty = new ContainerTerminal(this.process(open, false));
    const name = `${container.name}: ${command[0] ?? ''}`;
    return shown(vscode.window.createTerminal({ name, pty, iconPath: new vscode.ThemeIcon('terminal'), isTransient: true }), false);
  }

  showLog(container: ContainerSummary, preserveFocus = false): vscode.Terminal {
    const open = this.logs.get(container.id);
    if (open !== undefined) return shown(open, preserveFocus);
    const name = l10n.t('{0}: log', container.name);
    const pty = new LogTerminal(() => this.openLog(container));
    const terminal = vscode.window.createTerminal({ name, pty, iconPath: new vscode.ThemeIcon('output'), isTransient: true });
    this.logs.set(container.id, terminal);
    this.remembered.add(terminal, { kind: 'log', container: container.id });
    return shown(terminal, preserveFocus);
  }

  /** Opens again what was open in this window before it was reloaded: logs, and the terminals of containers that still run. */
  reopen(): void {
    for (const { kind, container: id } of this.remembered.takeAll()) {
      const container = this.store.container(id);
      if (container === undefined) continue;
      if (kind === 'log') this.showLog(container, true);
      else if (!canEnter(container.state)) continue;
      else if (kind === 'attach') this.attach(container, true);
      else this.openShell(container, true);
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private mainProcess({ id, terminal, openStdin }: ContainerSummary): TerminalSource {
    const canReopen = () => {
      const container = this.store.container(id);
      return container !== undefined && canEnter(container.state);
    };
    const open = async (size: vscode.TerminalDimensions | undefined) => {
      const { token } = await this.client.call('container/attach', { container: id, replay: true, ...sizeParam(size) });
      return this.stream(token);
    };
    return { isTerminal: terminal, acceptsInput: openStdin || terminal, closesOnSuccess: false, endsWithTerminal: false, canReopen, open };
  }

  private process(open: TerminalSource['open'], closesOnSuccess: boolean): TerminalSource {
    return { isTerminal: true, acceptsInput: true, closesOnSuccess, endsWithTerminal: true, canReopen: () => false, open };
  }

  /** The first of the configured shells that the container has. */
  private async firstShell(container: ContainerSummary, size: vscode.TerminalDimensions | undefined): Promise<AttachedStream> {
    const shells = this.settings.shells.length > 0 ? this.settings.shells : ['/bin/sh'];
    for (const [n, shell] of shells.entries()) {
      try {
        return await this.runIn(container, [shell], size);
      } catch (error) {
        if (!isProgramMissing(error) || n === shells.length - 1) throw error;
      }
    }
    throw new Error(l10n.t('The container has no shell.'));
  }

  private async runIn({ id }: ContainerSummary, command: readonly string[], size: vscode.TerminalDimensions | undefined): Promise<AttachedStream> {
    const params: ParamsInput<'container/exec'> = {
      container: id,
      command: [...command],
      terminal: true,
      environment: ['TERM=xterm-256color'],
      ...sizeParam(size),
    };
    const { token } = await this.client.call('container/exec', params);
    return this.stream(token);
  }

  private async openLog({ id }: ContainerSummary) {
    const { token } = await this.client.call('container/logs', { container: id, follow: true, tail: this.settings.logTail });
    return openStream(this.client.socketPath, token);
  }

  private async stream(token: string): Promise<AttachedStream> {
    return new AttachedStream(await openStream(this.client.socketPath, token));
  }

  private opened(terminal: vscode.Terminal): void {
    const container = this.profiles.get(terminal.creationOptions);
    if (container === undefined) return;
    this.profiles.delete(terminal.creationOptions);
    this.remembered.add(terminal, { kind: 'shell', container });
    terminal.show();
  }

  private closed(terminal: vscode.Terminal): void {
    for (const terminals of [this.attached, this.logs]) {
      for (const [id, each] of terminals) if (each === terminal) terminals.delete(id);
    }
    this.remembered.closed(terminal);
  }
}

function shown(terminal: vscode.Terminal, preserveFocus: boolean): vscode.Terminal {
  terminal.show(preserveFocus);
  return terminal;
}

/** VS Code does not know a terminal's size before it was first shown. */
function sizeParam(size: vscode.TerminalDimensions | undefined): { size?: { rows: number; columns: number } } {
  return size === undefined || size.rows < 1 || size.columns < 1 ? {} : { size: { rows: size.rows, columns: size.columns } };
}
