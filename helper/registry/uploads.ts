// Sends blobs and manifests to a registry: what it has is not sent, what it can take over from another repository neither; the rest in
// pieces that are kept until it has them, so that one that breaks is sent once more.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { parseAddress } from './address.js';
import type { RegistryClient } from './client.js';
import type { Answer } from './exchange.js';
import { RegistryProblem } from './problems.js';
import { retried } from './retry.js';

const PIECE = 8 * 2 ** 20;
/** Who wants bigger pieces than that does not get any. */
const PIECE_MAX = 64 * 2 ** 20;

export interface Destination {
  readonly repository: string;
  readonly digest: string;
}

export async function hasBlob(client: RegistryClient, { repository, digest }: Destination, from: string | null, signal: AbortSignal): Promise<boolean> {
  const scope = pushScope(repository, from);
  try {
    const answer = await retried(() => client.send({ method: 'HEAD', path: `${repository}/blobs/${digest}`, scope, signal }), signal);
    answer.body.resume();
    return true;
  } catch (error) {
    if (!(error instanceof RegistryProblem) || error.kind !== 'not-found') throw error;
  }
  return from !== null && (await mount(client, { repository, digest }, from, scope, signal));
}

/** A registry that will not do it begins an upload instead, which ends by itself some time. */
async function mount(client: RegistryClient, { repository, digest }: Destination, from: string, scope: string, signal: AbortSignal): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from });
  try {
    const answer = await client.send({ method: 'POST', path: `${repository}/blobs/uploads/?${query.toString()}`, scope, signal });
    answer.body.resume();
    return answer.status === 201;
  } catch (error) {
    if (error instanceof RegistryProblem && error.kind !== 'cancelled') return false;
    throw error;
  }
}

export async function uploadBlob(
  client: RegistryClient,
  blob: Destination & { readonly sizeBytes: number },
  lane: Readable,
  signal: AbortSignal,
): Promise<void> {
  const { repository, digest, sizeBytes } = blob;
  const scope = pushScope(repository, null);
  const begun = await retried(() => client.send({ method: 'POST', path: `${repository}/blobs/uploads/`, scope, signal }), signal);
  begun.body.resume();
  let place = locationOf(begun);
  const pieceBytes = pieceSize(begun);
  for (let at = 0; at < sizeBytes;) {
    const piece = await readPiece(lane, Math.min(pieceBytes, sizeBytes - at), signal);
    place = await sendPiece(client, { place, piece, at, scope, path: '' }, signal);
    at += piece.length;
  }
  const end = new URL(place);
  end.searchParams.set('digest', digest);
  const ended = await retried(() => client.send({ method: 'PUT', path: '', url: end, headers: { 'content-length': '0' }, scope, signal }), signal);
  ended.body.resume();
  if (ended.status !== 201) throw new RegistryProblem('malformed', ended.url.host, `it ends an upload with HTTP ${ended.status}`);
}

export async function putManifest(
  client: RegistryClient,
  manifest: { repository: string; reference: string; mediaType: string; bytes: Buffer },
  signal: AbortSignal,
): Promise<void> {
  const { repository, reference, mediaType, bytes } = manifest;
  const path = `${repository}/manifests/${encodeURIComponent(reference)}`;
  const headers = { 'content-type': mediaType, 'content-length': String(bytes.length) };
  const answer = await retried(() => client.send({ method: 'PUT', path, headers, body: bytes, scope: pushScope(repository, null), signal }), signal);
  answer.body.resume();
}

interface Piece {
  readonly place: URL;
  readonly piece: Buffer;
  /** Where in the blob it begins. */
  readonly at: number;
  readonly scope: string;
  readonly path: string;
}

/** Resolves to where the next one goes. After a break the registry says how far it has come. */
async function sendPiece(client: RegistryClient, { place, piece, at, scope, path }: Piece, signal: AbortSignal): Promise<URL> {
  let [next, from] = [place, 0];
  let isBroken = false;
  return retried(async () => {
    if (isBroken) {
      const { location, end } = await progressOf(client, next, scope, signal);
      if (end < at || end > at + piece.length) throw new RegistryProblem('malformed', next.host, 'it has lost what it had of an upload');
      [next, from] = [location, end - at];
      if (from === piece.length) return next;
    }
    isBroken = true;
    const body = piece.subarray(from);
    const range = `${at + from}-${at + piece.length - 1}`;
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(body.length), 'content-range': range };
    const answer = await client.send({ method: 'PATCH', path, url: next, headers, body, scope, signal });
    answer.body.resume();
    return locationOf(answer);
  }, signal);
}

async function progressOf(client: RegistryClient, place: URL, scope: string, signal: AbortSignal): Promise<{ readonly location: URL; readonly end: number }> {
  const answer = await client.send({ method: 'GET', path: '', url: place, scope, signal });
  answer.body.resume();
  const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
  return { location: answer.headers.location === undefined ? place : locationOf(answer), end: last === undefined || last === '0' ? 0 : Number(last) + 1 };
}

async function readPiece(lane: Readable, length: number, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let missing = length; missing > 0;) {
    const part = lane.read(Math.min(missing, lane.readableLength || missing)) as Buffer | null;
    if (part === null) {
      if (lane.readableEnded || lane.destroyed) throw new RegistryProblem('cancelled', '', 'the blob has ended early');
      await Promise.race([once(lane, 'readable', { signal }), once(lane, 'end', { signal })]);
      continue;
    }
    parts.push(part);
    missing -= part.length;
  }
  return Buffer.concat(parts);
}

function locationOf({ headers, url }: Answer): URL {
  const location = parseAddress(headers.location ?? '', url);
  if (location === null) throw new RegistryProblem('malformed', url.host, 'it does not say where an upload goes');
  return location;
}

function pieceSize({ headers, url }: Answer): number {
  const least = Number(headers['oci-chunk-min-length'] ?? 0);
  if (least > PIECE_MAX) throw new RegistryProblem('unsupported', url.host, `it wants pieces of ${least} bytes at least`);
  return Math.max(PIECE, Number.isFinite(least) ? least : 0);
}

function pushScope(repository: string, from: string | null): string {
  return [`repository:${repository}:pull,push`, ...(from === null ? [] : [`repository:${from}:pull`])].join(' ');
}
