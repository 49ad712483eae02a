// Params as the audit log may keep them: what is secret by its place (values of environment variables, tokens, logins, proxies’ addresses with them) is left out, and
// what is long is cut, the more of it there is the shorter, so that a record stays a line.

/** Of the params of one record, as JSON. */
export const PARAMS_MAX = 8 * 1024;

/** What is kept of a string, of a list, and of the members of an object. */
interface Cut {
  readonly characters: number;
  readonly items: number;
  readonly members: number;
}
const CUTS: readonly Cut[] = [
  { characters: 256, items: 64, members: 64 },
  { characters: 128, items: 16, members: 32 },
  { characters: 64, items: 8, members: 24 },
  { characters: 32, items: 2, members: 16 },
];

export function redact(params: unknown): unknown {
  for (const cut of CUTS) {
    const kept = redacted(params, '', cut);
    if (Buffer.byteLength(JSON.stringify(kept)) <= PARAMS_MAX) return kept;
  }
  return '… too much to be kept';
}

function redacted(params: unknown, key: string, cut: Cut): unknown {
  if (key === 'environment' && Array.isArray(params)) return shortened(params, cut, (entry) => variableName(entry, cut));
  if (key === 'upload' || key === 'credential' || key === 'proxy') return '…';
  if (typeof params === 'string') return shortText(params, cut);
  if (Array.isArray(params)) return shortened(params, cut, (item) => redacted(item, '', cut));
  if (typeof params !== 'object' || params === null) return params;
  const members = Object.entries(params);
  const kept = members.slice(0, cut.members).map(([name, value]) => [shortText(name, cut), redacted(value, name, cut)] as const);
  const left = members.length - kept.length;
  return Object.fromEntries(left > 0 ? [...kept, ['…', `${left} more`] as const] : kept);
}

function shortened(list: readonly unknown[], { items }: Cut, keep: (item: unknown) => unknown): readonly unknown[] {
  const kept = list.slice(0, items).map(keep);
  return list.length > items ? [...kept, `… ${list.length - items} more`] : kept;
}

function shortText(text: string, { characters }: Cut): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

function variableName(entry: unknown, cut: Cut): string {
  return typeof entry === 'string' ? `${entry.slice(0, entry.indexOf('=')).slice(0, cut.characters)}=…` : '…';
}
