// Sends an archive to the helper: the bytes on a stream connection, the request beside it.
import { randomUUID } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ImportProgress, ImageSummary } from '../../protocol/images.js';
import { AbortedError } from './callError.js';
import type { HelperClient } from './helperClient.js';
import { openStream } from './streamConnection.js';

export interface ImageArchive {
  /** A tar: an OCI layout, a `docker save` archive, or a root file system; plain, gzip or zstd. */
  readonly bytes: Readable;
  /** Undefined: not known beforehand. */
  readonly sizeBytes: number | undefined;
  /** The image's name; undefined: those that the archive carries. */
  readonly reference: string | undefined;
}

/** @throws CallError (the helper's word on the archive is preferred to a broken pipe's), AbortedError, DisconnectedError */
export async function uploadImage(
  client: HelperClient,
  archive: ImageArchive,
  onProgress: (progress: ImportProgress) => void,
  signal: AbortSignal,
): Promise<readonly ImageSummary[]> {
  const { token, socket } = await openUpload(client, signal).catch((error: unknown) => {
    archive.bytes.destroy();
    throw signal.aborted ? new AbortedError('image/upload') : error;
  });
  socket.resume();
  const progressToken = randomUUID();
  const progress = client.onProgress<ImportProgress>(progressToken, onProgress);
  const sent = pipeline(archive.bytes, countBytes(archive.sizeBytes, onProgress), socket, { signal }).catch((error: unknown) => error);
  try {
    const { reference, sizeBytes } = archive;
    const named = { ...(reference === undefined ? {} : { reference }), ...(sizeBytes === undefined ? {} : { sizeBytes }) };
    const { images } = await client.call('image/import', { upload: token, progressToken, ...named }, { signal });
    return images;
  } catch (error) {
    socket.destroy();
    const cause = await sent;
    // To the helper a file that could not be read on to its end is an upload that was broken off.
    if (error instanceof AbortedError && !signal.aborted && cause instanceof Error) throw cause;
    throw error;
  } finally {
    progress.dispose();
    await sent;
  }
}

async function openUpload(client: HelperClient, signal: AbortSignal) {
  const { token } = await client.call('image/upload', {}, { signal });
  return { token, socket: await openStream(client.socketPath, token, signal) };
}

/** Says how much has gone out, at most every 100 ms. */
function countBytes(totalBytes: number | undefined, report: (progress: ImportProgress) => void): Transform {
  let doneBytes = 0;
  let reportedMs = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      doneBytes += chunk.length;
      if (Date.now() - reportedMs >= 100) {
        reportedMs = Date.now();
        report({ phase: 'receiving', doneBytes, totalBytes: totalBytes ?? null });
      }
      done(null, chunk);
    },
  });
}
