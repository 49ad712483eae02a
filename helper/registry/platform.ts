// Which of an index's manifests is for a platform. Pure.
// https://github.com/opencontainers/image-spec/blob/main/image-index.md
import type { Platform } from './contract.js';

export interface Offered {
  readonly os?: string | null | undefined;
  readonly architecture?: string | null | undefined;
  readonly variant?: string | null | undefined;
}

/**
 * What runs on `wanted`, best first: a processor of a variant runs what is for it and for those before it. Null: as if it said the
 * first of the variants that there are.
 */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  amd64: ['v4', 'v3', 'v2', 'v1'],
  arm64: ['v9', 'v8'],
  arm: ['v8', 'v7', 'v6', 'v5'],
};
const UNNAMED: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8', arm: 'v7' };

/** Null: there is none. */
export function choose<T extends { readonly platform?: Offered | null | undefined }>(manifests: readonly T[], wanted: Platform): T | null {
  const ranked = manifests.map((manifest) => ({ manifest, rank: rankOf(manifest.platform ?? {}, wanted) })).filter(({ rank }) => rank >= 0);
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked[0]?.manifest ?? null;
}

/** Negative: it does not fit; the smaller, the better. */
function rankOf(offered: Offered, wanted: Platform): number {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return -1;
  const known = VARIANTS[wanted.architecture];
  const unnamed = UNNAMED[wanted.architecture];
  const have = offered.variant ?? unnamed ?? '';
  const want = wanted.variant ?? unnamed ?? '';
  if (known === undefined) return have === want ? 0 : -1;
  const [from, at] = [known.indexOf(want), known.indexOf(have)];
  return from < 0 || at < from ? -1 : at - from;
}

/** For an error: what there is instead. */
export function offers(manifests: readonly { readonly platform?: Offered | null | undefined }[]): string {
  const names = manifests.map(({ platform }) => [platform?.os, platform?.architecture, platform?.variant].filter(Boolean).join('/'));
  return [...new Set(names)].filter((name) => name !== '' && !name.startsWith('unknown/')).join(', ');
}
