// A client's end of a stream, whose other end was handed to a monitor: frames out, frames in.
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kernel } from '../../../helper/kernel/kernel.js';
import { descriptorOf, stopReading } from '../../../helper/server/descriptor.js';
import { FRAME_HEADER_BYTES, FrameType } from '../../../protocol/streams.js';

const ANSWER_MS = 10_000;

export class Attachment {
  private pending = Buffer.alloc(0);
  private readonly received = new Map<FrameType, Buffer[]>();

  constructor(private readonly socket: net.Socket) {
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('error', () => undefined);
  }

  send(type: FrameType, payload: Buffer | string): void {
    const bytes = Buffer.from(payload);
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUInt8(type, 0);
    header.writeUInt32BE(bytes.length, 4);
    this.socket.write(Buffer.concat([header, bytes]));
  }

  resize(rows: number, columns: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt16BE(rows, 0);
    payload.writeUInt16BE(columns, 2);
    this.send(FrameType.Resize, payload);
  }

  /** All payloads of that type so far. */
  bytes(type: FrameType): Buffer {
    return Buffer.concat(this.received.get(type) ?? []);
  }

  has(type: FrameType): boolean {
    return this.received.has(type);
  }

  async until(description: string, isSo: () => boolean): Promise<void> {
    for (const deadline = Date.now() + ANSWER_MS; !isSo(); await delay(5)) {
      if (Date.now() > deadline)
        throw new Error(`not within ${ANSWER_MS} ms: ${description}; output so far: ${this.bytes(FrameType.Stdout).toString().slice(-500)}`);
    }
  }

  untilOutput(text: string): Promise<void> {
    return this.until(`output ${JSON.stringify(text)}`, () => this.bytes(FrameType.Stdout).includes(text));
  }

  /** Code, signal, out of memory. */
  async exit(): Promise<readonly number[]> {
    await this.until('an exit frame', () => this.has(FrameType.Exit));
    return [...this.bytes(FrameType.Exit).subarray(0, 3)];
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.pending = Buffer.concat([this.pending, chunk]);
    while (this.pending.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + this.pending.readUInt32BE(4);
      if (this.pending.length < end) return;
      const type: FrameType = this.pending.readUInt8(0);
      this.received.set(type, [...(this.received.get(type) ?? []), this.pending.subarray(FRAME_HEADER_BYTES, end)]);
      this.pending = this.pending.subarray(end);
    }
  }
}

/** Makes a connection, and hands the serving end of it to the monitor, as the helper does. */
export async function attach(kernel: Pick<Kernel, 'passDescriptor'>, monitor: string, message: string, directory: string): Promise<Attachment> {
  const place = path.join(directory, 'attach.sock');
  const server = net.createServer({ pauseOnConnect: true }).listen(place);
  await once(server, 'listening');
  const client = net.connect(place);
  const [served] = (await once(server, 'connection')) as [net.Socket];
  stopReading(served);
  try {
    await kernel.passDescriptor(monitor, message, descriptorOf(served));
    return new Attachment(client);
  } finally {
    served.destroy();
    server.close();
    fs.rmSync(place, { force: true });
  }
}
