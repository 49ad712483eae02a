// A container's log as a terminal that follows it: colours as the process wrote them, standard error marked, search built in.
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { LogDecoder, type LogRecord } from '../client/logRecords.js';
import { explain } from '../ui/errors.js';
import { FlowControl } from './flowControl.js';

export class LogTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly ended = new vscode.EventEmitter<void>();
  private readonly decoder = new LogDecoder();
  private readonly text = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  /** The sources whose last record was partial: what follows goes on in the same line. */
  private readonly openLines = new Set<LogRecord['source']>();
  private socket: Socket | undefined;
  private flow: FlowControl | undefined;
  private isClosed = false;
  private hasEnded = false;
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.ended.event;

  /** `openLog` resolves to a stream connection of the log, paused. */
  constructor(private readonly openLog: () => Promise<Socket>) {}

  open(): void {
    void this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.flow?.dispose();
    this.socket?.destroy();
  }

  handleInput(input: string): void {
    const typed = this.flow?.filterInput(input) ?? input;
    if (typed !== '' && (this.hasEnded || typed === 'q' || typed === '\u0003')) this.ended.fire();
  }

  private async connect(): Promise<void> {
    try {
      const socket = await this.openLog();
      if (this.isClosed) socket.destroy();
      else this.show(socket);
    } catch (error) {
      this.end(explain(error).message);
    }
  }

  private show(socket: Socket): void {
    const flow = new FlowControl({ write: (text) => this.written.fire(text), pause: () => socket.pause(), resume: () => socket.resume() });
    this.socket = socket;
    this.flow = flow;
    socket.on('data', (chunk: Buffer) =>
      flow.write(
        this.decoder
          .push(chunk)
          .map((record) => this.render(record))
          .join(''),
      ),
    );
    socket.on('end', () => socket.end());
    socket.once('close', () => !this.isClosed && this.end(l10n.t('This is the end of the log. Press any key to close.')));
    socket.resume();
  }

  private render({ source, bytes, isPartial }: LogRecord): string {
    const text = this.text[source].write(bytes).replace(/\r$/, '');
    // The bar before a line of standard error tells it apart without changing its own colours.
    const mark = source === 'stderr' && !this.openLines.has(source) ? '\u001b[31m▏\u001b[39m' : '';
    if (isPartial) this.openLines.add(source);
    else this.openLines.delete(source);
    return isPartial ? mark + text : `${mark}${text}\r\n`;
  }

  private end(text: string): void {
    this.hasEnded = true;
    this.written.fire(`\u001b[0m\r\n\u001b[2m${text}\u001b[0m`);
  }
}
