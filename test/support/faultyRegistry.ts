// A registry over node:http(s) on loopback that serves real content and misbehaves as a test tells it to.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { RegistryImage, Stored } from './registryContent.js';

/** True: it has answered; false: the request is answered as an honest registry does. */
export type Fault = (request: http.IncomingMessage, response: http.ServerResponse, path: string) => boolean;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export class FaultyRegistry {
  readonly seen: Seen[] = [];
  fault: Fault = () => false;
  private readonly blobs = new Map<string, Buffer>();
  private readonly manifests = new Map<string, Stored>();

  private constructor(private readonly server: http.Server) {
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => this.handle(request, response));
  }

  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<FaultyRegistry> {
    const server = tls === undefined ? http.createServer() : https.createServer(tls);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultyRegistry(server);
  }

  get host(): string {
    return `localhost:${(this.server.address() as AddressInfo).port}`;
  }

  add(repository: string, reference: string, image: Pick<RegistryImage, 'digest' | 'manifest' | 'blobs'>): void {
    for (const [digest, bytes] of image.blobs) this.blobs.set(digest, bytes);
    this.addManifest(repository, reference, image.manifest);
    this.addManifest(repository, image.digest, image.manifest);
  }

  addManifest(repository: string, reference: string, manifest: Stored): void {
    this.manifests.set(`${repository}/manifests/${reference}`, manifest);
  }

  requestsFor(part: string): readonly Seen[] {
    return this.seen.filter(({ path }) => path.includes(part));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method = '', url = '' } = request;
    const path = url.replace(/^https?:\/\/[^/]+/, '');
    const { authorization, range } = request.headers;
    this.seen.push({ method, path, authorization, range });
    if (!this.fault(request, response, path)) this.serve(response, path, range);
  }

  serve(response: http.ServerResponse, path: string, range?: string): void {
    const manifest = this.manifests.get(path.replace(/^\/v2\//, '').replace('%3A', ':'));
    const blob = this.blobs.get(/\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path)?.[1] ?? '');
    if (path === '/v2/') return void response.writeHead(200).end('{}');
    if (manifest !== undefined) return void response.writeHead(200, { 'content-type': manifest.mediaType }).end(manifest.bytes);
    if (blob !== undefined) return sendBlob(response, blob, range);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"NAME_UNKNOWN","message":"there is no such thing"}]}');
  }
}

function sendBlob(response: http.ServerResponse, blob: Buffer, range: string | undefined): void {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const headers = { 'content-length': blob.length - from, ...(from > 0 ? { 'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}` } : {}) };
  response.writeHead(from > 0 ? 206 : 200, headers).end(blob.subarray(from));
}
