// A blob's bytes, from the registry to the lane: all of them, in order, however often the connection breaks.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { RegistryClient } from './client.js';
import type { Answer } from './exchange.js';
import { pullScope } from './manifests.js';
import { connectionProblem, RegistryProblem } from './problems.js';
import { retried, type Progress } from './retry.js';

export interface WantedBlob {
  readonly repository: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** The bytes before are there already. */
  readonly offset: number;
}

export async function sendBlob(client: RegistryClient, blob: WantedBlob, lane: Writable, signal: AbortSignal): Promise<void> {
  let sent = blob.offset;
  const attempt = async (progress: Progress) => {
    const answer = await ask(client, blob, sent, signal);
    try {
      if (answer.status !== 200 && answer.status !== 206) throw new RegistryProblem('malformed', answer.url.host, `it answers with HTTP ${answer.status}`);
      let skip = answer.status === 206 ? 0 : sent;
      for await (const part of answer.body as AsyncIterable<Buffer>) {
        const news = part.subarray(Math.min(skip, part.length));
        skip -= part.length - news.length;
        if (sent + news.length > blob.sizeBytes) throw new RegistryProblem('malformed', answer.url.host, `${blob.digest} is longer than the manifest says`);
        sent += news.length;
        if (news.length > 0) progress.made();
        if (news.length > 0 && !lane.write(news)) await once(lane, 'drain', { signal });
      }
    } catch (error) {
      throw error instanceof RegistryProblem ? error : connectionProblem(answer.url.host, error, signal.aborted);
    } finally {
      answer.body.destroy();
    }
    if (sent < blob.sizeBytes) throw new RegistryProblem('unreachable', answer.url.host, `the connection ended after ${sent} of ${blob.sizeBytes} bytes`);
  };
  if (sent < blob.sizeBytes) await retried(attempt, signal);
}

async function ask(client: RegistryClient, { repository, digest }: WantedBlob, from: number, signal: AbortSignal): Promise<Answer> {
  const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` };
  const answer = await client.get({ path: `${repository}/blobs/${digest}`, headers, scope: pullScope(repository), signal });
  const start = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
  if (answer.status === 206 && Number(start) !== from) {
    answer.body.destroy();
    throw new RegistryProblem('malformed', answer.url.host, 'it sends another part of the blob than the one it was asked for');
  }
  return answer;
}
