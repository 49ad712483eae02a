// The streams of one process, attached or exec'd: output and exit come in, input, size and signals go out.
// Reading stops when told to; the kernel's socket buffer then fills, and the process waits in its write.
import type { Socket } from 'node:net';
import { FrameType } from '../../protocol/streams.js';
import { decodeExit, encodeFrame, encodeResize, encodeSignal, encodeStdin, FrameDecoder, type Frame, type StreamExit } from './frames.js';

const SIGHUP = 1;

export interface StreamListener {
  output(bytes: Buffer, source: 'stdout' | 'stderr'): void;
  /** Once. `undefined`: the connection ended without word of the process. */
  ended(exit: StreamExit | undefined): void;
}

export class AttachedStream {
  private readonly decoder = new FrameDecoder();
  private listener: StreamListener | undefined;
  private exit: StreamExit | undefined;

  /** `socket` as `openStream` returned it. */
  constructor(private readonly socket: Socket) {}

  /** Begins to read. */
  start(listener: StreamListener): void {
    this.listener = listener;
    this.socket.on('data', (chunk: Buffer) => this.take(chunk));
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('end', () => this.socket.end());
    this.socket.once('close', () => this.end());
    this.socket.resume();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  write(bytes: Uint8Array): void {
    for (const frame of encodeStdin(bytes)) this.send(frame);
  }

  /** The process reads end of file. */
  closeInput(): void {
    this.send(encodeFrame(FrameType.Stdin));
  }

  resize(rows: number, columns: number): void {
    this.send(encodeResize(rows, columns));
  }

  signal(number: number): void {
    this.send(encodeSignal(number));
  }

  /** Detaches. The process goes on; the listener hears no more. */
  dispose(): void {
    this.listener = undefined;
    this.socket.destroy();
  }

  /** Ends the process as a terminal does whose window is closed (SIGHUP), and detaches. What it prints at that is heard by nobody. */
  hangUp(): void {
    this.listener = undefined;
    this.signal(SIGHUP);
    // Both ways, but not before the signal is on its way.
    this.socket.destroySoon();
  }

  private send(frame: Buffer): void {
    if (this.socket.writable) this.socket.write(frame);
  }

  private take(chunk: Buffer): void {
    try {
      for (const frame of this.decoder.push(chunk)) this.deliver(frame);
    } catch {
      // Not our protocol: what follows can't be read either.
      this.socket.destroy();
    }
  }

  private deliver({ type, payload }: Frame): void {
    if (type === FrameType.Stdout) this.listener?.output(payload, 'stdout');
    else if (type === FrameType.Stderr) this.listener?.output(payload, 'stderr');
    else if (type === FrameType.Exit) this.exit = decodeExit(payload);
  }

  private end(): void {
    const listener = this.listener;
    this.listener = undefined;
    listener?.ended(this.exit);
  }
}
