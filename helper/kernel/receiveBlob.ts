import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { ReceiveBlobRequest } from './kernel.js';

const readSocket = promisify(read);
export async function receiveBlob(
  { socket, path, sizeBytes }: ReceiveBlobRequest,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<{ readonly digest: string }> {
  const file = await fs.open(path, 'w', 0o600);
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(1 << 20);
  try {
    for (let at = 0; at < sizeBytes;) {
      signal.throwIfAborted();
      const { bytesRead } = await readSocket(socket, buffer, 0, Math.min(buffer.length, sizeBytes - at), null);
      if (bytesRead === 0) throw new Error('early end');
      hash.update(buffer.subarray(0, bytesRead));
      await file.write(buffer, 0, bytesRead);
      onProgress((at += bytesRead));
    }
  } finally {
    await file.close();
  }
  return { digest: `sha256:${hash.digest('hex')}` };
}
