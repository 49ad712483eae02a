// One HTTP request and its answer: through the proxy, over TLS, following redirects without taking the credential along, with an
// end to every wait. What comes back is a status, headers, and a body that is still to be read.
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { parseAddress } from './address.js';
import type { Endpoint } from './contract.js';
import { connectionProblem, RegistryProblem } from './problems.js';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: http.IncomingMessage;
  /** Where it came from in the end. */
  readonly url: URL;
}

export interface Question {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  /** `authorization` is left out where a redirect leads to another origin. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 5;
const USER_AGENT = 'bulkhead';
const CONNECTIONS_PER_HOST = 6;

export class Exchanges {
  private readonly plain = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS_PER_HOST });
  private readonly secure: http.Agent;
  private readonly tls: tls.ConnectionOptions;
  private readonly proxy: URL | null;

  constructor(
    private readonly endpoint: Pick<Endpoint, 'insecure' | 'authorities' | 'proxy'>,
    /** Nothing comes for so long: the connection is taken for broken. */
    private readonly stallMs: number,
  ) {
    this.proxy = endpoint.proxy === null ? null : proxyUrl(endpoint.proxy);
    const options = { keepAlive: true, maxSockets: CONNECTIONS_PER_HOST };
    this.tls = { rejectUnauthorized: !endpoint.insecure, ...trusted(endpoint.authorities) };
    this.secure = this.proxy === null ? new https.Agent(options) : new HttpsProxyAgent(this.proxy, options);
  }

  /** Resolves with any status but a redirect's. Throws a {@link RegistryProblem}. */
  async ask(question: Question): Promise<Answer> {
    let { url } = question;
    let headers = { 'user-agent': USER_AGENT, ...question.headers };
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      const answer = await this.once({ ...question, url, headers });
      const next = redirection(answer);
      if (next === null) return answer;
      answer.body.resume();
      this.checkRedirect(url, next);
      if (next.origin !== url.origin) headers = withoutAuthorization(headers);
      url = next;
    }
    throw new RegistryProblem('malformed', url.host, 'it redirects without end');
  }

  close(): void {
    this.plain.destroy();
    this.secure.destroy();
  }

  private checkRedirect(from: URL, to: URL): void {
    if (to.protocol === 'http:' && !this.endpoint.insecure) throw new RegistryProblem('malformed', from.host, `it redirects to ${to.host} without TLS`);
  }

  private once({ url, method = 'GET', headers, body, signal }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(connectionProblem(url.host, error, signal.aborted));
      const request = this.open(url, { method, headers: { ...headers }, signal }, (answer) => {
        answer.on('error', () => undefined); // whoever reads the body hears of it
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer, url });
      });
      request.setTimeout(this.stallMs, () => request.destroy(new Error('no answer')));
      request.on('error', fail);
      request.end(body);
    });
  }

  private open(url: URL, options: http.RequestOptions, onAnswer: (answer: http.IncomingMessage) => void): http.ClientRequest {
    if (url.protocol === 'https:') return https.request(url, { ...options, ...this.tls, agent: this.secure }, onAnswer);
    if (this.proxy === null) return http.request(url, { ...options, agent: this.plain }, onAnswer);
    // RFC 9112, 3.2.2: a proxy is told the whole address.
    const { hostname, port, username, password } = this.proxy;
    const authorization = username === '' ? {} : { 'proxy-authorization': basic(decodeURIComponent(username), decodeURIComponent(password)) };
    const headers = { ...(options.headers as http.OutgoingHttpHeaders), host: url.host, ...authorization };
    return http.request({ ...options, headers, hostname, port: port || 80, path: url.href, agent: this.plain }, onAnswer);
  }
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Node's own, without types: an authority more, beside those that there are. */
interface CertificateStore {
  addCACert(pem: string): void;
}

/** The system's authorities (whether Node uses them or its own is up to how it was started), and those given. */
function trusted(authorities: string | null): Pick<https.AgentOptions, 'secureContext'> {
  if (authorities === null) return {};
  const secureContext = tls.createSecureContext();
  for (const certificate of authorities.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []) {
    (secureContext.context as CertificateStore).addCACert(certificate);
  }
  return { secureContext };
}

function proxyUrl(text: string): URL {
  const url = parseAddress(text);
  if (url === null) throw new RegistryProblem('unsupported', text, 'the proxy’s address is not of the form http://host:port');
  return url;
}

function redirection({ status, headers, url }: Answer): URL | null {
  if (![301, 302, 303, 307, 308].includes(status)) return null;
  const next = parseAddress(headers.location ?? '', url);
  if (next === null) throw new RegistryProblem('malformed', url.host, 'it redirects to nowhere');
  return next;
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): { 'user-agent': string } & Record<string, string> {
  const rest = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization');
  return { 'user-agent': USER_AGENT, ...Object.fromEntries(rest) };
}
