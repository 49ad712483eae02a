// One registry: its addresses (mirrors first), who asks, and what its statuses mean.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
import { parseAddress } from './address.js';
import { Authentication } from './authentication.js';
import { readBody } from './body.js';
import type { Endpoint } from './contract.js';
import { Exchanges, type Answer } from './exchange.js';
import { printable, RegistryProblem } from './problems.js';
import { retryAfterMs } from './retry.js';

export interface Asked {
  /** Below `/v2/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the token that may be needed. */
  readonly scope: string;
  readonly signal: AbortSignal;
}

export interface Sent extends Asked {
  readonly method: 'HEAD' | 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly url?: URL;
  readonly body?: Buffer;
}

/** Docker Hub's names and its API have different hosts. */
const API_HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };
const ERROR_BYTES_MAX = 64 * 1024;
const STALL_MS = 30_000;

interface Site {
  readonly base: URL;
  readonly exchanges: Exchanges;
  readonly authentication: Authentication;
  /** Whether the next one may have what this one has failed to give. */
  mayBeElsewhere(error: unknown): boolean;
}

export class RegistryClient {
  private readonly sites: readonly Site[];
  private readonly own: readonly Site[];

  constructor(
    private readonly endpoint: Endpoint,
    stallMs = STALL_MS,
  ) {
    const own = new Exchanges(endpoint, stallMs);
    const authentication = new Authentication(own, endpoint);
    // A mirror is somebody else: it gets no credential.
    const stranger = new Authentication(own, { ...endpoint, credential: null });
    const mirrors = endpoint.mirrors.map((mirror) => ({ base: baseOf(mirror), exchanges: own, authentication: stranger, mayBeElsewhere: () => true }));
    this.own = this.ownBases().map((base) => ({ base, exchanges: own, authentication, mayBeElsewhere: isNotThere }));
    this.sites = [...mirrors, ...this.own];
  }

  get registry(): string {
    return this.endpoint.registry;
  }

  /** A success. Throws a {@link RegistryProblem}: the registry's own, if no mirror has helped. */
  async get(asked: Asked): Promise<Answer> {
    for (const [index, site] of this.sites.entries()) {
      try {
        return await this.getFrom(site, asked);
      } catch (error) {
        const isLast = index === this.sites.length - 1;
        if (isLast || asked.signal.aborted || !site.mayBeElsewhere(error)) throw error;
      }
    }
    throw new Error('a registry has an address');
  }

  /** To the registry itself, never to a mirror. Any status that says that it has gone well; `url`: instead of `path`, as it has said itself. */
  async send(sent: Sent): Promise<Answer> {
    const { url } = sent;
    const [first] = this.own;
    if (url !== undefined && first !== undefined) return this.sendTo(this.own.find(({ base }) => base.origin === url.origin) ?? first, sent);
    for (const [index, site] of this.own.entries()) {
      try {
        return await this.sendTo(site, sent);
      } catch (error) {
        if (index === this.own.length - 1 || sent.signal.aborted || !isNotThere(error)) throw error;
      }
    }
    throw new Error('a registry has an address');
  }

  close(): void {
    for (const { exchanges } of this.sites) exchanges.close();
  }

  private async getFrom({ base, exchanges, authentication }: Site, { path, headers, scope, signal }: Asked): Promise<Answer> {
    const url = new URL(`v2/${path}`, base);
    const ask = (authorization: string | null) => exchanges.ask({ url, signal, headers: { ...headers, ...(authorization === null ? {} : { authorization }) } });
    const first = await ask(authentication.header(scope));
    if (first.status !== 401 || first.url.origin !== url.origin) return succeeded(first);
    first.body.resume();
    return succeeded(await ask(await authentication.answer(first.headers['www-authenticate'], scope, url, signal)));
  }

  private async sendTo({ base, exchanges, authentication }: Site, { method, path, url: place, headers, body, scope, signal }: Sent): Promise<Answer> {
    const url = place ?? new URL(`v2/${path}`, base);
    // Where else it has sent us to: that is a stranger to whom the login does not go.
    const isOwn = url.origin === base.origin;
    const ask = (authorization: string | null) => {
      const own = isOwn && authorization !== null ? { authorization } : {};
      return exchanges.ask({ url, method, signal, headers: { ...headers, ...own }, ...(body === undefined ? {} : { body }) });
    };
    const first = await ask(authentication.header(scope));
    if (first.status !== 401 || !isOwn || first.url.origin !== url.origin) return succeeded(first);
    first.body.resume();
    return succeeded(await ask(await authentication.answer(first.headers['www-authenticate'], scope, url, signal)));
  }

  /** Who has said that a registry is insecure may mean that it has no TLS, or that nobody vouches for its certificate. */
  private ownBases(): readonly URL[] {
    const { registry, insecure } = this.endpoint;
    const host = API_HOSTS[registry] ?? registry;
    return [baseOf(`https://${host}`), ...(insecure ? [baseOf(`http://${host}`)] : [])];
  }
}

function baseOf(text: string): URL {
  const url = parseAddress(text.endsWith('/') ? text : `${text}/`);
  if (url === null) throw new RegistryProblem('unsupported', text, 'is no address of a registry');
  return url;
}

/** No registry answers there in the way that was asked: it may without TLS. */
function isNotThere(error: unknown): boolean {
  return error instanceof RegistryProblem && (error.kind === 'unreachable' || error.kind === 'certificate');
}

async function succeeded(answer: Answer): Promise<Answer> {
  const { status, headers, url } = answer;
  if (status >= 200 && status < 300) return answer;
  const said = await words(answer);
  const detail = said === '' ? `HTTP ${status}` : said;
  if (status === 401) throw new RegistryProblem('unauthorized', url.host, detail);
  if (status === 403) throw new RegistryProblem('denied', url.host, detail);
  if (status === 404) throw new RegistryProblem('not-found', url.host, detail);
  const after = retryAfterMs(headers['retry-after']);
  if (status === 429) throw new RegistryProblem('rate-limited', url.host, detail, after);
  if (status === 408 || status >= 500) throw new RegistryProblem('server', url.host, detail, after);
  throw new RegistryProblem('malformed', url.host, detail);
}

/** The messages of the spec's error document; what a proxy's page says is nobody's business. */
async function words(answer: Answer): Promise<string> {
  const text = await readBody(answer, ERROR_BYTES_MAX).catch(() => Buffer.alloc(0));
  try {
    const { errors } = JSON.parse(text.toString('utf8')) as { errors?: unknown };
    const messages = Array.isArray(errors) ? errors.map((error: unknown) => messageOf(error)).filter((message) => message !== '') : [];
    return printable(messages.join('; '));
  } catch {
    return '';
  }
}

function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { message, code } = error as { message?: unknown; code?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  return typeof code === 'string' ? code : '';
}
