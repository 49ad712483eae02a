// Where the terminals of containers get their streams: a main process, a shell, a program, a log.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ContainerSummary } from '../../protocol/containers.js';
import type { ParamsInput } from '../../protocol/methods.js';
import { AttachedStream } from '../client/attachedStream.js';
import type { HelperClient } from '../client/helperClient.js';
import { openStream } from '../client/streamConnection.js';
import { canEnter, isAlive } from '../model/containerState.js';
import type { WorldStore } from '../model/worldStore.js';
import { isProgramMissing } from '../ui/errors.js';
import type { Settings } from '../ui/settings.js';
import type { TerminalSource } from './containerTerminal.js';
import type { LogSource } from './logTerminal.js';

type Size = vscode.TerminalDimensions | undefined;

export class TerminalSources {
  /** How often the helper was lost. */
  private losses = 0;

  constructor(
    private readonly client: HelperClient,
    private readonly store: WorldStore,
    private readonly settings: Settings,
    /** What could not be opened: shown and logged by it. */
    private readonly failed: (error: unknown) => void,
  ) {
    client.onDidChangeState(({ status }) => (this.losses += status === 'ready' ? 0 : 1));
  }

  mainProcess({ id, terminal, openStdin }: ContainerSummary): TerminalSource {
    const canReopen = () => {
      const container = this.store.container(id);
      return container !== undefined && canEnter(container.state);
    };
    return {
      isTerminal: terminal,
      acceptsInput: openStdin || terminal,
      closesOnSuccess: false,
      endsWithTerminal: false,
      canReopen,
      onceReopenable: (listener) => this.once(canReopen, listener),
      failed: this.failed,
      open: async (size) => {
        const { token } = await this.client.call('container/attach', { container: id, replay: true, ...sizeParam(size) });
        return this.stream(token);
      },
    };
  }

  /** The first of the configured shells that the container has. */
  shell(container: ContainerSummary): TerminalSource {
    return this.process((size) => this.firstShell(container, size), true);
  }

  program(container: ContainerSummary, command: readonly string[]): TerminalSource {
    return this.process((size) => this.runIn(container, command, size), false);
  }

  log({ id }: ContainerSummary): LogSource {
    let lossesBefore = this.losses;
    const open = async (sinceMs: number | undefined) => {
      const part = sinceMs === undefined ? { tail: this.settings.logTail } : { sinceMs };
      const { token } = await this.client.call('container/logs', { container: id, follow: true, ...part });
      lossesBefore = this.losses;
      return openStream(this.client.socketPath, token);
    };
    const wasLost = () => this.losses !== lossesBefore;
    const isAtEnd = () => {
      const container = this.store.container(id);
      const mayGoOn = container !== undefined && (isAlive(container.state) || container.state.status === 'created');
      return !wasLost() && !mayGoOn;
    };
    return { open, isAtEnd, wasLost, connected: (signal) => this.connected(signal), failed: this.failed };
  }

  private process(open: TerminalSource['open'], closesOnSuccess: boolean): TerminalSource {
    const onceReopenable = () => new vscode.Disposable(() => undefined);
    return { isTerminal: true, acceptsInput: true, closesOnSuccess, endsWithTerminal: true, canReopen: () => false, onceReopenable, failed: this.failed, open };
  }

  private async firstShell(container: ContainerSummary, size: Size): Promise<AttachedStream> {
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

  private async runIn({ id }: ContainerSummary, command: readonly string[], size: Size): Promise<AttachedStream> {
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

  private async stream(token: string): Promise<AttachedStream> {
    return new AttachedStream(await openStream(this.client.socketPath, token));
  }

  private once(condition: () => boolean, listener: () => void): vscode.Disposable {
    const subscription = this.store.onDidChange(() => {
      if (!condition()) return;
      subscription.dispose();
      listener();
    });
    return new vscode.Disposable(() => subscription.dispose());
  }

  private connected(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.client.state.status === 'ready') return resolve();
      const settle = (act: () => void) => {
        subscription.dispose();
        signal.removeEventListener('abort', abort);
        act();
      };
      const abort = () => settle(() => reject(new Error('closed')));
      const subscription = this.client.onDidChangeState(({ status }) => status === 'ready' && settle(resolve));
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

/** VS Code does not know a terminal's size before it was first shown. */
function sizeParam(size: Size): { size?: { rows: number; columns: number } } {
  return size === undefined || size.rows < 1 || size.columns < 1 ? {} : { size: { rows: size.rows, columns: size.columns } };
}
