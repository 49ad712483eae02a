// The line editing that a terminal's kernel side would do, for a process that has no terminal: echo, erase, Enter, Ctrl+C, Ctrl+D.
// Knows no `vscode`.

export interface LineSink {
  echo(text: string): void;
  send(text: string): void;
  closeInput(): void;
  signal(number: number): void;
}

const INTERRUPT = 2;
const QUIT = 3;

export class PlainInput {
  private line = '';

  constructor(private readonly sink: LineSink) {}

  take(typed: string): void {
    // What begins an escape sequence (arrows, function keys) means nothing to a process that reads lines.
    if (typed.startsWith('\u001b')) return;
    for (const char of typed.replaceAll('\r\n', '\r')) this.key(char);
  }

  private key(char: string): void {
    switch (char) {
      case '\r':
      case '\n':
        return this.enter();
      case '\u007f':
      case '\b':
        return this.erase();
      case '\u0003':
        return this.interrupt('^C', INTERRUPT);
      case '\u001c':
        return this.interrupt('^\\', QUIT);
      case '\u0004':
        return this.endOfFile();
      default:
        if (char < ' ' && char !== '\t') return;
        this.line += char;
        this.sink.echo(char);
    }
  }

  private enter(): void {
    this.sink.echo('\r\n');
    this.sink.send(`${this.line}\n`);
    this.line = '';
  }

  private erase(): void {
    if (this.line === '') return;
    this.line = [...this.line].slice(0, -1).join('');
    this.sink.echo('\b \b');
  }

  private interrupt(mark: string, signal: number): void {
    this.line = '';
    this.sink.echo(`${mark}\r\n`);
    this.sink.signal(signal);
  }

  /** As a terminal does: sends what was typed so far, and means the end only on an empty line. */
  private endOfFile(): void {
    if (this.line === '') return this.sink.closeInput();
    this.sink.send(this.line);
    this.line = '';
  }
}
