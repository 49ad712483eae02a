// How this process says who it is: what a registry's challenge asks for, from one credential. Tokens are kept as long as they are good.
// https://distribution.github.io/distribution/spec/auth/token/
import { z } from 'zod';
import { parseAddress } from './address.js';
import { readDocument } from './body.js';
import { parseChallenges, type Challenge } from './challenge.js';
import type { Endpoint } from './contract.js';
import { basic, type Exchanges } from './exchange.js';
import { RegistryProblem } from './problems.js';

const tokenAnswer = z.looseObject({
  token: z.string().max(65_536).optional(),
  access_token: z.string().max(65_536).optional(),
  expires_in: z.number().optional(),
});

/** What the protocol takes a token to be good for that does not say it. */
const DEFAULT_LIFE_S = 60;
/** So long before its end a token is not used any more. */
const MARGIN_MS = 5000;
const TOKEN_BYTES_MAX = 256 * 1024;
const CLIENT = 'bulkhead';

interface Kept {
  readonly header: string;
  readonly untilMs: number;
}

/** `scope`: what is to be allowed, `repository:<name>:<actions>`, several with blanks between. */
export class Authentication {
  /** By scope. */
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly exchanges: Exchanges,
    private readonly endpoint: Pick<Endpoint, 'registry' | 'credential' | 'insecure'>,
  ) {}

  /** What is sent at once; null: nothing, and the registry says what it wants. */
  header(scope: string): string | null {
    const kept = this.kept.get(scope);
    return kept !== undefined && kept.untilMs > Date.now() ? kept.header : null;
  }

  /** After a 401. Throws 'unauthorized' when there is nothing (more) to say. */
  async answer(wwwAuthenticate: string | undefined, scope: string, registry: URL, signal: AbortSignal): Promise<string> {
    this.kept.delete(scope);
    const challenges = parseChallenges(wwwAuthenticate ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const kept = bearer === undefined ? this.basic(challenges) : await this.bearer(bearer, scope, registry, signal);
    this.kept.set(scope, kept);
    return kept.header;
  }

  private basic(challenges: readonly Challenge[]): Kept {
    const { credential, registry } = this.endpoint;
    if (!challenges.some(({ scheme }) => scheme === 'basic'))
      throw new RegistryProblem('unauthorized', registry, 'it wants a kind of login that is not known here');
    if (credential?.kind !== 'password') throw new RegistryProblem('unauthorized', registry, 'it wants a user name and a password');
    return { header: basic(credential.username, credential.password), untilMs: Infinity };
  }

  private async bearer({ parameters }: Challenge, scope: string, registry: URL, signal: AbortSignal): Promise<Kept> {
    const { credential } = this.endpoint;
    if (credential?.kind === 'registry-token') return { header: `Bearer ${credential.token}`, untilMs: Infinity };
    const realm = this.realm(parameters['realm'], registry);
    const service = parameters['service'] ?? '';
    const answer =
      credential?.kind === 'identity-token'
        ? await this.refresh(realm, service, scope, credential.token, signal)
        : await this.fetchToken(realm, service, scope, signal);
    return this.keep(answer, realm);
  }

  /** The credential goes there: never in the clear, unless the user has said that this registry is insecure. */
  private realm(text: string | undefined, registry: URL): URL {
    const realm = parseAddress(text ?? '');
    if (realm === null) throw new RegistryProblem('malformed', registry.host, 'it wants a token, and does not say from where');
    if (realm.protocol === 'https:' || (realm.protocol === 'http:' && this.endpoint.insecure)) return realm;
    throw new RegistryProblem('malformed', registry.host, `it wants the login sent to ${realm.host} without TLS`);
  }

  private fetchToken(realm: URL, service: string, scope: string, signal: AbortSignal) {
    const { credential } = this.endpoint;
    const url = new URL(realm);
    if (service !== '') url.searchParams.set('service', service);
    for (const one of scope.split(' ')) if (one !== '') url.searchParams.append('scope', one);
    if (credential?.kind !== 'password') return this.exchanges.ask({ url, signal });
    url.searchParams.set('account', credential.username);
    return this.exchanges.ask({ url, headers: { authorization: basic(credential.username, credential.password) }, signal });
  }

  private refresh(realm: URL, service: string, scope: string, refreshToken: string, signal: AbortSignal) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', service, scope, client_id: CLIENT, refresh_token: refreshToken });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.exchanges.ask({ url: realm, method: 'POST', headers, body: form.toString(), signal });
  }

  private async keep(answer: Awaited<ReturnType<Exchanges['ask']>>, realm: URL): Promise<Kept> {
    const { status, body } = answer;
    if (status === 401 || status === 403) {
      body.resume();
      throw new RegistryProblem('unauthorized', this.endpoint.registry, `${realm.host} does not take this login`);
    }
    if (status !== 200) {
      body.resume();
      throw new RegistryProblem(status >= 500 ? 'server' : 'malformed', realm.host, `it gives no token (HTTP ${status})`);
    }
    const parsed = tokenAnswer.safeParse(await readDocument(answer, TOKEN_BYTES_MAX));
    const token = parsed.data?.token ?? parsed.data?.access_token;
    if (token === undefined || /[^\x21-\x7e]/.test(token)) throw new RegistryProblem('malformed', realm.host, 'its token is none');
    const lifeMs = (parsed.data?.expires_in ?? DEFAULT_LIFE_S) * 1000;
    return { header: `Bearer ${token}`, untilMs: Date.now() + lifeMs - MARGIN_MS };
  }
}
