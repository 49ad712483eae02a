// Lists of tags and of repositories, page by page.
import { z } from 'zod';
import { readDocument } from './body.js';
import type { RegistryClient } from './client.js';
import type { Result } from './contract.js';
import type { Answer } from './exchange.js';
import { pullScope } from './manifests.js';
import { RegistryProblem } from './problems.js';
import { retried } from './retry.js';

const PAGE = 1000;
const PAGE_BYTES_MAX = 4 * 2 ** 20;
const names = z.array(z.string().max(256)).max(100_000);
const tagsPage = z.looseObject({ tags: names.nullish() }).transform(({ tags }) => tags ?? []);
const repositoriesPage = z.looseObject({ repositories: names.nullish() }).transform(({ repositories }) => repositories ?? []);

export function listTags(client: RegistryClient, repository: string, most: number, signal: AbortSignal): Promise<Result<'tags'>> {
  return list(client, { path: `${repository}/tags/list`, scope: pullScope(repository), page: tagsPage, most, signal });
}

export function listRepositories(client: RegistryClient, most: number, signal: AbortSignal): Promise<Result<'repositories'>> {
  return list(client, { path: '_catalog', scope: 'registry:catalog:*', page: repositoriesPage, most, signal });
}

interface Listing {
  readonly path: string;
  readonly scope: string;
  readonly page: z.ZodType<readonly string[]>;
  readonly most: number;
  readonly signal: AbortSignal;
}

async function list(client: RegistryClient, { path, scope, page, most, signal }: Listing): Promise<Result<'tags'>> {
  const found: string[] = [];
  let query: string | null = `n=${PAGE}`;
  while (query !== null && found.length < most) {
    const from: string = `${path}?${query}`;
    const answer: Answer = await retried(() => client.get({ path: from, scope, signal }), signal);
    const parsed = page.safeParse(await readDocument(answer, PAGE_BYTES_MAX));
    if (!parsed.success) throw new RegistryProblem('malformed', client.registry, 'its list is none');
    found.push(...parsed.data);
    query = parsed.data.length === 0 ? null : nextQuery(answer.headers['link']);
  }
  return { names: found.slice(0, most), isComplete: query === null && found.length <= most };
}

/** Of a Link header (RFC 8288): only its query counts, for the list is where it was. Null: it was the last page. */
function nextQuery(link: string | string[] | undefined): string | null {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(String(link ?? '')) ?? [];
  const at = target?.indexOf('?') ?? -1;
  return target === undefined || at < 0 ? null : target.slice(at + 1);
}
