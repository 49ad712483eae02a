// The registry process: speaks HTTP with registries for one user, without any of root's rights. The helper starts it, confined
// (helper/confined), with a socket for requests and one for each blob that is under way (contract.ts). It ends with the former.
import { createHash } from 'node:crypto';
import net from 'node:net';
import { sendBlob } from './blobs.js';
import { RegistryClient } from './client.js';
import { CONTROL_FD, LANES, LINE_MAX, methods, request, type Endpoint, type Method, type Params, type Result } from './contract.js';
import { readLines, writeLine } from './lines.js';
import { listRepositories, listTags } from './listing.js';
import { resolve } from './manifests.js';
import { toProblem } from './problems.js';
import { retried } from './retry.js';
import { hasBlob, putManifest, uploadBlob } from './uploads.js';

type Handlers = { readonly [M in Method]: (params: Params<M>, signal: AbortSignal) => Promise<Result<M>> };

const control = new net.Socket({ fd: CONTROL_FD, readable: true, writable: true });
const lanes = Array.from({ length: LANES }, (_, lane) => new net.Socket({ fd: CONTROL_FD + 1 + lane, readable: true, writable: true }));
/** By what makes them differ; tokens and connections are kept in them. */
const clients = new Map<string, RegistryClient>();
const MOST_CLIENTS = 16;
const underWay = new Map<number, AbortController>();

function clientFor(endpoint: Endpoint): RegistryClient {
  const key = JSON.stringify(endpoint);
  const client = clients.get(key) ?? new RegistryClient(endpoint);
  clients.delete(key);
  clients.set(key, client);
  const [oldest] = clients;
  if (clients.size > MOST_CLIENTS && oldest !== undefined) clients.delete(oldest[0]);
  return client;
}

const handlers: Handlers = {
  resolve: ({ endpoint, ...wanted }, signal) => resolve(clientFor(endpoint), wanted, signal),
  async blob({ endpoint, lane, ...blob }, signal) {
    const target = lanes[lane];
    if (target !== undefined) await sendBlob(clientFor(endpoint), blob, target, signal);
    return {};
  },
  hasBlob: async ({ endpoint, from, ...blob }, signal) => ({ has: await hasBlob(clientFor(endpoint), blob, from, signal) }),
  async upload({ endpoint, lane, ...blob }, signal) {
    const source = lanes[lane];
    if (source !== undefined) await uploadBlob(clientFor(endpoint), blob, source, signal);
    return {};
  },
  async putManifest({ endpoint, base64, ...manifest }, signal) {
    const bytes = Buffer.from(base64, 'base64');
    await putManifest(clientFor(endpoint), { ...manifest, bytes }, signal);
    return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
  },
  tags: ({ endpoint, repository, most }, signal) => listTags(clientFor(endpoint), repository, most, signal),
  repositories: ({ endpoint, most }, signal) => listRepositories(clientFor(endpoint), most, signal),
  async check({ endpoint }, signal) {
    const answer = await retried(() => clientFor(endpoint).get({ path: '', scope: '', signal }), signal);
    answer.body.resume();
    return {};
  },
};

async function handle<M extends Method>(method: M, params: unknown, signal: AbortSignal): Promise<Result<M>> {
  return handlers[method](methods[method].parse(params) as Params<M>, signal);
}

async function answer(id: number, method: string, params: unknown): Promise<void> {
  const controller = new AbortController();
  underWay.set(id, controller);
  try {
    if (!Object.hasOwn(methods, method)) throw new Error('no such method');
    writeLine(control, { id, result: await handle(method as Method, params, controller.signal) });
  } catch (error) {
    writeLine(control, { id, problem: controller.signal.aborted ? { ...toProblem(error), kind: 'cancelled' } : toProblem(error) });
  } finally {
    underWay.delete(id);
  }
}

function take(value: unknown): void {
  const asked = request.parse(value);
  if ('cancel' in asked) underWay.get(asked.cancel)?.abort();
  else void answer(asked.id, asked.method, asked.params);
}

for (const lane of lanes) lane.on('error', () => undefined);
readLines(control, LINE_MAX, take, () => process.exit(0));
