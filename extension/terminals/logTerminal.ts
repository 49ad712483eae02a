// A container's log as a terminal that follows it: colours as the process wrote them, standard error marked, search built in.
// When the helper is lost it waits for it, and goes on where it was.
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isConnectionLoss } from '../client/callError.js';
import { LogDecoder, type LogRecord } from '../client/logRecords.js';
import { explain } from '../ui/errors.js';
import { FlowControl } from './flowControl.js';
import { LogPosition } from './logPosition.js';

/** Where the log of a {@link LogTerminal} comes from. */
export interface LogSource {
  /** A stream connection of the log, paused: its last lines, or all since `sinceMs`. */
  open(sinceMs: number | undefined): Promise<Socket>;
  /** Whether the close of the last stream was the end of the log, and not of the connection. */
  isAtEnd(): boolean;
  /** Whether the helper was lost since the last stream was opened. */
  wasLost(): boolean;
  /** Resolves once there is a helper; rejects when `signal` is aborted. */
  connected(signal: AbortSignal): Promise<void>;
  /** Told of what ended the terminal's work, besides the line that it shows. */
  failed(error: unknown): void;
}

/** After a stream's close: what it means, the helper's last word or a broken connection, is then known. */
const SETTLE_MS = 200;

export class LogTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly ended = new vscode.EventEmitter<void>();
  private readonly text = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  /** The sources whose last record was partial: what follows goes on in the same line. */
  private readonly openLines = new Set<LogRecord['source']>();
  private readonly position = new LogPosition(Date.now());
  private readonly closing = new AbortController();
  private socket: Socket | undefined;
  private flow: FlowControl | undefined;
  private isFinished = false;
  private isWaiting = false;
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.ended.event;

  constructor(private readonly source: LogSource) {}

  /** Whether it has shown its last line. */
  get hasEnded(): boolean {
    return this.isFinished;
  }

  open(): void {
    void this.follow();
  }

  close(): void {
    this.closing.abort();
    this.flow?.dispose();
    this.socket?.destroy();
  }

  handleInput(input: string): void {
    const typed = this.flow?.filterInput(input) ?? input;
    if (typed !== '' && (this.isFinished || typed === 'q' || typed === '\u0003')) this.ended.fire();
  }

  private async follow(): Promise<void> {
    try {
      await this.show(await this.source.open(undefined));
      while (!(await this.isOver())) {
        if (this.source.wasLost()) this.sayWaiting();
        await this.goOn();
      }
      this.end(l10n.t('This is the end of the log. Press any key to close.'));
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.source.failed(error);
      this.end(explain(error).message);
    }
  }

  /** Rejects when the terminal is closed meanwhile. */
  private async isOver(): Promise<boolean> {
    await delay(SETTLE_MS, undefined, { signal: this.closing.signal });
    return this.source.isAtEnd();
  }

  /** A helper that is lost once more is waited for once more. */
  private async goOn(): Promise<void> {
    await this.source.connected(this.closing.signal);
    try {
      await this.show(await this.source.open(this.position.resume()));
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
    }
  }

  /** Resolves at the stream's close. */
  private async show(socket: Socket): Promise<void> {
    const decoder = new LogDecoder();
    const flow = new FlowControl({ write: (text) => this.written.fire(text), pause: () => socket.pause(), resume: () => socket.resume() });
    this.flow?.dispose();
    this.flow = flow;
    this.socket = socket;
    if (this.closing.signal.aborted) socket.destroy();
    socket.on('data', (chunk: Buffer) => flow.write(this.rendered(decoder.push(chunk))));
    socket.on('end', () => socket.end());
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.resume();
    });
  }

  private rendered(records: readonly LogRecord[]): string {
    const fresh = records.filter((record) => this.position.isNew(record));
    if (fresh.length > 0) this.isWaiting = false;
    return fresh.map((record) => this.render(record)).join('');
  }

  private render({ source, bytes, isPartial }: LogRecord): string {
    const text = this.text[source].write(bytes).replace(/\r$/, '');
    // The bar before a line of standard error tells it apart without changing its own colours.
    const mark = source === 'stderr' && !this.openLines.has(source) ? '\u001b[31m▏\u001b[39m' : '';
    if (isPartial) this.openLines.add(source);
    else this.openLines.delete(source);
    return isPartial ? mark + text : `${mark}${text}\r\n`;
  }

  private sayWaiting(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.say(`${l10n.t('The connection to the helper was lost. The log goes on here once it is back.')}\r\n`);
  }

  private end(text: string): void {
    this.isFinished = true;
    this.say(text);
  }

  private say(text: string): void {
    this.written.fire(`\u001b[0m\r\n\u001b[2m${text}\u001b[0m`);
  }
}
