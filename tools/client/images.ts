// Images, from a program that is not VS Code: is one there, and bring one in. On the extension's own client.
import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Session } from '../../extension/client/session.js';
import { connectSocket } from '../../extension/client/socket.js';
import { openStream } from '../../extension/client/streamConnection.js';

/** Imports the archive unless an image has that name already. @throws UnreachableError, CallError, StreamRefusedError */
export async function ensureImage(socketPath: string, archive: string, reference: string): Promise<void> {
  const session = new Session(await connectSocket(socketPath));
  try {
    const { images } = await session.call('image/list', {});
    if (!images.some((image) => image.references.includes(reference))) await importImage(session, socketPath, archive, reference);
  } finally {
    session.dispose();
  }
}

async function importImage(session: Session, socketPath: string, archive: string, reference: string): Promise<void> {
  const { token } = await session.call('image/upload', {});
  const stream = await openStream(socketPath, token);
  const imported = session.call('image/import', { upload: token, reference, sizeBytes: fs.statSync(archive).size });
  const [answer, sent] = await Promise.allSettled([imported, pipeline(fs.createReadStream(archive), stream)]);
  // A refused import ends the stream, too: its own words say more.
  if (answer.status === 'rejected') throw answer.reason;
  if (sent.status === 'rejected') throw sent.reason;
}
