// Takes an upload into a file of the staging folder.
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errnoName, Failure, invalidArchive, withoutSpace } from '../../failure.js';

export interface UploadLimits {
  readonly maxBytes: number;
  /** What the client has announced; undefined: nothing. */
  readonly announcedBytes: number | undefined;
}

/** Resolves to the bytes received. Throws LIMIT, INVALID_ARCHIVE (not as long as announced), NO_SPACE, CANCELLED, `signal`'s reason. */
export async function receive(upload: Readable, file: string, limits: UploadLimits, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<number> {
  let received = 0;
  const count = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      received += piece.length;
      if (received > limits.maxBytes) throw new Failure('LIMIT', { reason: 'the upload is too big' });
      onBytes(received);
      yield piece;
    }
  };
  try {
    await pipeline(upload, count, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw endedEarly(error) ? new Failure('CANCELLED', { reason: 'the upload ended early' }, { cause: error }) : withoutSpace(error);
  }
  if (limits.announcedBytes !== undefined && limits.announcedBytes !== received) throw invalidArchive('the upload is not as long as announced');
  return received;
}

function endedEarly(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errnoName(error) ?? '');
}
