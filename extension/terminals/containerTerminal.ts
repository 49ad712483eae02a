// One process of a container as an integrated terminal: its main process attached to, or one that was exec'd.
import { StringDecoder } from 'node:string_decoder';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { AttachedStream } from '../client/attachedStream.js';
import type { StreamExit } from '../client/frames.js';
import { explain } from '../ui/errors.js';
import { signalWords } from '../ui/format.js';
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
  /** Calls `listener` once when that becomes so. */
  onceReopenable(listener: () => void): vscode.Disposable;
  /** Told of what kept it from being opened, besides the line that the terminal shows. */
  failed(error: unknown): void;
}

/** The word of the container's end may come after that of its process. */
const SETTLE_MS = 200;

export class ContainerTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly ended = new vscode.EventEmitter<void>();
  private stream: AttachedStream | undefined;
  private flow: FlowControl | undefined;
  private size: vscode.TerminalDimensions | undefined;
  private isOver = false;
  private isClosed = false;
  /** What is typed while it connects is sent then. */
  private typedAhead = '';
  /** After the end: what is still to be said. */
  private awaiting: { dispose(): void } | undefined;
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.ended.event;

  constructor(private readonly source: TerminalSource) {}

  /** Whether what it was connected to has ended, or could not be had. */
  get hasEnded(): boolean {
    return this.isOver;
  }

  /** After its end: connects once more. */
  reopen(): void {
    if (!this.isOver || this.isClosed) return;
    this.written.fire('\r\n');
    void this.connect();
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    this.size = size;
    void this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.awaiting?.dispose();
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
    if (this.isOver) this.afterEnd(typed);
    else if (this.source.acceptsInput) this.send(typed);
  }

  private readonly plainInput = new PlainInput({
    echo: (text) => this.written.fire(text),
    send: (text) => this.stream?.write(Buffer.from(text, 'utf8')),
    closeInput: () => this.stream?.closeInput(),
    signal: (number) => this.stream?.signal(number),
  });

  private send(typed: string): void {
    if (this.stream === undefined) this.typedAhead += typed;
    else if (this.source.isTerminal) this.stream.write(Buffer.from(typed, 'utf8'));
    else this.plainInput.take(typed);
  }

  private async connect(): Promise<void> {
    this.isOver = false;
    this.stream = undefined;
    this.awaiting?.dispose();
    try {
      const stream = await this.source.open(this.size);
      if (this.isClosed) this.leave(stream);
      else this.show(stream);
    } catch (error) {
      this.source.failed(error);
      this.isOver = true;
      this.say(explain(error).message);
      this.sayHowOn();
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
    const typed = this.typedAhead;
    this.typedAhead = '';
    if (typed !== '') this.send(typed);
  }

  private leave(stream: AttachedStream): void {
    if (this.source.endsWithTerminal) stream.hangUp();
    else stream.dispose();
  }

  private lines(text: string): string {
    return this.source.isTerminal ? text : text.replace(/\r?\n/g, '\r\n');
  }

  private end(exit: StreamExit | undefined): void {
    this.isOver = true;
    if (this.source.closesOnSuccess && exit?.code === 0) return this.ended.fire();
    this.say(closingLine(exit));
    const timer = setTimeout(() => this.sayHowOn(), SETTLE_MS);
    this.awaiting = { dispose: () => clearTimeout(timer) };
  }

  /** Once it can be attached to again, that is said, too. */
  private sayHowOn(): void {
    if (this.source.canReopen()) return this.say(l10n.t('Press Enter to attach again, any other key to close.'));
    this.say(l10n.t('Press any key to close.'));
    this.awaiting = this.source.onceReopenable(() => this.say(l10n.t('The container runs. Press Enter to attach, any other key to close.')));
  }

  private afterEnd(typed: string): void {
    if (typed === '\r' && this.source.canReopen()) this.reopen();
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
  if (exit.signal !== 0) return l10n.t('The process ended with exit code {0} ({1}).', exit.code, signalWords(exit.signal));
  return l10n.t('The process ended with exit code {0}.', exit.code);
}
