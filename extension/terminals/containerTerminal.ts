// One process of a container as an integrated terminal: its main process attached to, or one that was exec'd.
import { StringDecoder } from 'node:string_decoder';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { AttachedStream } from '../client/attachedStream.js';
import type { StreamExit } from '../client/frames.js';
import { signalName } from '../model/age.js';
import { explain } from '../ui/errors.js';
import { FlowControl } from './flowControl.js';
import { PlainInput } from './plainInput.js';

/** Where the streams of a {@link ContainerTerminal} come from, and what kind of process it is. */
export interface TerminalSource {
  /** Whether the process has a terminal of its own; otherwise its lines end with LF alone, and nothing echoes what is typed. */
  readonly isTerminal: boolean;
  readonly acceptsInput: boolean;
  /** Whether the terminal goes away by itself when the process has ended well, as that of a shell does. */
  readonly closesOnSuccess: boolean;
  /** Whether the process is the terminal's own, and ends with it; otherwise it goes on without. */
  readonly endsWithTerminal: boolean;
  open(size: vscode.TerminalDimensions | undefined): Promise<AttachedStream>;
  /** Whether it can be opened once more after its end. */
  canReopen(): boolean;
}

export class ContainerTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly ended = new vscode.EventEmitter<void>();
  private stream: AttachedStream | undefined;
  private flow: FlowControl | undefined;
  private size: vscode.TerminalDimensions | undefined;
  private hasEnded = false;
  private isClosed = false;
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.ended.event;

  constructor(private readonly source: TerminalSource) {}

  open(size: vscode.TerminalDimensions | undefined): void {
    this.size = size;
    void this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.flow?.dispose();
    if (this.stream !== undefined) this.leave(this.stream);
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.size = size;
    if (size.rows > 0 && size.columns > 0) this.stream?.resize(size.rows, size.columns);
  }

  handleInput(input: string): void {
    const typed = this.flow?.filterInput(input) ?? input;
    if (typed === '') return;
    if (this.hasEnded) this.afterEnd(typed);
    else if (this.source.acceptsInput) this.send(typed);
  }

  private readonly plainInput = new PlainInput({
    echo: (text) => this.written.fire(text),
    send: (text) => this.stream?.write(Buffer.from(text, 'utf8')),
    closeInput: () => this.stream?.closeInput(),
    signal: (number) => this.stream?.signal(number),
  });

  private send(typed: string): void {
    if (this.source.isTerminal) this.stream?.write(Buffer.from(typed, 'utf8'));
    else this.plainInput.take(typed);
  }

  private async connect(): Promise<void> {
    this.hasEnded = false;
    try {
      const stream = await this.source.open(this.size);
      if (this.isClosed) this.leave(stream);
      else this.show(stream);
    } catch (error) {
      this.hasEnded = true;
      this.say(explain(error).message);
      this.say(l10n.t('Press any key to close.'));
    }
  }

  private show(stream: AttachedStream): void {
    const flow = new FlowControl({ write: (text) => this.written.fire(text), pause: () => stream.pause(), resume: () => stream.resume() });
    const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
    this.flow?.dispose();
    this.flow = flow;
    this.stream = stream;
    stream.start({
      output: (bytes, from) => flow.write(this.lines(decoders[from].write(bytes))),
      ended: (exit) => {
        flow.write(this.lines(decoders.stdout.end() + decoders.stderr.end()));
        this.end(exit);
      },
    });
    if (this.size !== undefined) this.setDimensions(this.size);
  }

  private leave(stream: AttachedStream): void {
    if (this.source.endsWithTerminal) stream.hangUp();
    else stream.dispose();
  }

  private lines(text: string): string {
    return this.source.isTerminal ? text : text.replace(/\r?\n/g, '\r\n');
  }

  private end(exit: StreamExit | undefined): void {
    this.hasEnded = true;
    if (this.source.closesOnSuccess && exit?.code === 0) return this.ended.fire();
    this.say(closingLine(exit));
    this.say(this.source.canReopen() ? l10n.t('Press Enter to attach again, any other key to close.') : l10n.t('Press any key to close.'));
  }

  private afterEnd(typed: string): void {
    if (typed === '\r' && this.source.canReopen()) void this.connect();
    else this.ended.fire();
  }

  /** A line of ours, dimmed, on a line of its own whatever colours the process left behind. */
  private say(text: string): void {
    this.written.fire(`\u001b[0m\r\n\u001b[2m${text}\u001b[0m`);
  }
}

function closingLine(exit: StreamExit | undefined): string {
  if (exit === undefined) return l10n.t('The connection to the process was lost; the process may still run.');
  if (exit.oomKilled) return l10n.t('The process ended with exit code {0}: it was killed for lack of memory.', exit.code);
  if (exit.signal !== 0) return l10n.t('The process ended with exit code {0} ({1}).', exit.code, signalName(exit.signal));
  return l10n.t('The process ended with exit code {0}.', exit.code);
}
