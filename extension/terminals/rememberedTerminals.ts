// Which terminals of containers are open in this workspace's window, kept so that they can be opened again after a reload.
import * as vscode from 'vscode';

export interface RememberedTerminal {
  readonly kind: 'attach' | 'shell' | 'log';
  readonly container: string;
}

const KEY = 'terminals.open';

export class RememberedTerminals {
  private readonly open = new Map<vscode.Terminal, RememberedTerminal>();

  constructor(private readonly memento: vscode.Memento) {}

  add(terminal: vscode.Terminal, remembered: RememberedTerminal): void {
    this.open.set(terminal, remembered);
    this.save();
  }

  /** Forgets it, unless it is the window that closes it. */
  closed(terminal: vscode.Terminal): void {
    if (terminal.exitStatus?.reason === vscode.TerminalExitReason.Shutdown) return;
    if (this.open.delete(terminal)) this.save();
  }

  /** What the window before this one had open. Those that are opened again are then added anew. */
  takeAll(): readonly RememberedTerminal[] {
    const before = this.memento.get<readonly RememberedTerminal[]>(KEY, []);
    this.save();
    return before;
  }

  private save(): void {
    void this.memento.update(KEY, [...this.open.values()]);
  }
}
