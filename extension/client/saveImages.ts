// Receives an archive of images from the helper into a file: under another name until all of it is there.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AbortedError } from './callError.js';
import type { HelperClient } from './helperClient.js';
import { openStream, StreamLostError } from './streamConnection.js';

const TELL_PAUSE_MS = 100;

/** `images`: whole ids or names. @throws CallError, AbortedError, StreamRefusedError, what the file system says of the file */
export async function saveImages(
  client: HelperClient,
  { images, file }: { readonly images: readonly string[]; readonly file: string },
  onProgress: (doneBytes: number, totalBytes: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const { token, sizeBytes } = await client.call('image/save', { images: [...images] }, { signal });
  const part = `${file}.${randomUUID()}.part`;
  try {
    const socket = await openStream(client.socketPath, token, signal);
    const counter = new Counter((doneBytes) => onProgress(doneBytes, sizeBytes));
    await pipeline(socket, counter, fs.createWriteStream(part, { flags: 'wx' }), { signal });
    if (counter.bytes !== sizeBytes) throw new StreamLostError();
    await fs.promises.rename(part, file);
    return sizeBytes;
  } catch (error) {
    throw signal.aborted ? new AbortedError('image/save') : error;
  } finally {
    await fs.promises.rm(part, { force: true });
  }
}

class Counter extends Transform {
  bytes = 0;
  private toldMs = 0;

  constructor(private readonly tell: (bytes: number) => void) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    if (Date.now() - this.toldMs >= TELL_PAUSE_MS) {
      this.toldMs = Date.now();
      this.tell(this.bytes);
    }
    done(null, chunk);
  }
}
