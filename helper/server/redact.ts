// Params as the audit log may keep them: what is secret by its place (values of environment variables, tokens) is left out, and
// what is long is cut, so that a record stays a line.

const STRING_MAX = 256;
const ARRAY_MAX = 64;

export function redact(params: unknown, key = ''): unknown {
  if (key === 'environment' && Array.isArray(params)) return params.map(variableName);
  if (key === 'upload') return '…';
  if (typeof params === 'string') return params.length > STRING_MAX ? `${params.slice(0, STRING_MAX)}…` : params;
  if (Array.isArray(params)) return shortened(params);
  if (typeof params !== 'object' || params === null) return params;
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, redact(value, name)]));
}

function shortened(list: readonly unknown[]): readonly unknown[] {
  const kept = list.slice(0, ARRAY_MAX).map((item) => redact(item));
  return list.length > ARRAY_MAX ? [...kept, `… ${list.length - ARRAY_MAX} more`] : kept;
}

function variableName(entry: unknown): string {
  return typeof entry === 'string' ? `${entry.slice(0, entry.indexOf('=')).slice(0, STRING_MAX)}=…` : '…';
}
