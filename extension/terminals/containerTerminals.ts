// The integrated terminals of containers: opens them, shows the one that is there already, and opens them again after the window was
// reloaded (VS Code keeps no terminal whose program is an extension's).
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ContainerSummary } from '../../protocol/containers.js';
import { canEnter } from '../model/containerState.js';
import type { WorldStore } from '../model/worldStore.js';
import { ContainerTerminal } from './containerTerminal.js';
import { LogTerminal } from './logTerminal.js';
import type { RememberedTerminals } from './rememberedTerminals.js';
import type { TerminalSources } from './terminalSources.js';

/** A terminal, and our half of it. */
interface Open<P> {
  readonly terminal: vscode.Terminal;
  readonly pty: P;
}

export class ContainerTerminals implements vscode.Disposable {
  private readonly attached = new Map<string, Open<ContainerTerminal>>();
  private readonly logs = new Map<string, Open<LogTerminal>>();
  /** Shells and programs. */
  private readonly processes = new Set<vscode.Pseudoterminal>();
  /** Of terminals that VS Code is about to make for the profile: their options, and the container. */
  private readonly profiles = new Map<unknown, string>();
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(
    private readonly sources: TerminalSources,
    private readonly store: WorldStore,
    private readonly remembered: RememberedTerminals,
  ) {
    this.subscriptions = [
      vscode.window.onDidOpenTerminal((terminal) => this.opened(terminal)),
      vscode.window.onDidCloseTerminal((terminal) => this.closed(terminal)),
    ];
  }

  /** The main process's terminal; the same one if it is open, connected once more if it had ended. */
  attach(container: ContainerSummary, preserveFocus = false): vscode.Terminal {
    const open = this.attached.get(container.id);
    open?.pty.reopen();
    if (open !== undefined) return shown(open.terminal, preserveFocus);
    const pty = new ContainerTerminal(this.sources.mainProcess(container));
    const terminal = create(container.name, pty, 'vm-connect');
    this.attached.set(container.id, { terminal, pty });
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

  exec(container: ContainerSummary, command: readonly string[]): vscode.Terminal {
    const pty = new ContainerTerminal(this.sources.program(container, command));
    this.processes.add(pty);
    return shown(create(`${container.name}: ${command[0] ?? ''}`, pty, 'terminal'), false);
  }

  /** The same one if it is open and follows the log; one whose log had ended gives way to another. */
  showLog(container: ContainerSummary, preserveFocus = false): vscode.Terminal {
    const open = this.logs.get(container.id);
    if (open?.pty.hasEnded === false) return shown(open.terminal, preserveFocus);
    const pty = new LogTerminal(this.sources.log(container));
    const terminal = create(l10n.t('{0}: log', container.name), pty, 'output');
    this.logs.set(container.id, { terminal, pty });
    this.remembered.add(terminal, { kind: 'log', container: container.id });
    open?.terminal.dispose();
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

  /** Shells and programs end with the window: VS Code does not close terminals before it ends their extension. */
  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    for (const pty of this.processes) pty.close();
  }

  private shellOptions(container: ContainerSummary): vscode.ExtensionTerminalOptions {
    const pty = new ContainerTerminal(this.sources.shell(container));
    this.processes.add(pty);
    return optionsOf(l10n.t('{0}: shell', container.name), pty, 'terminal');
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
      for (const [id, open] of terminals) if (open.terminal === terminal) terminals.delete(id);
    }
    if ('pty' in terminal.creationOptions) this.processes.delete(terminal.creationOptions.pty);
    this.remembered.closed(terminal);
  }
}

function create(name: string, pty: vscode.Pseudoterminal, icon: string): vscode.Terminal {
  return vscode.window.createTerminal(optionsOf(name, pty, icon));
}

function optionsOf(name: string, pty: vscode.Pseudoterminal, icon: string): vscode.ExtensionTerminalOptions {
  return { name, pty, iconPath: new vscode.ThemeIcon(icon), isTransient: true };
}

function shown(terminal: vscode.Terminal, preserveFocus: boolean): vscode.Terminal {
  terminal.show(preserveFocus);
  return terminal;
}
