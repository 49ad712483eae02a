// Through which proxy a registry is reached: the setting's, else the environment's; never one of this machine's own, nor one that
// `NO_PROXY` lists. Pure.

export interface ProxySources {
  /** Empty: none was set. */
  readonly configured: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Undefined: without one. */
export function proxyFor(registry: string, { configured, environment }: ProxySources): string | undefined {
  const host = registry.replace(/:\d+$/, '').toLowerCase();
  const variable = (name: string) => environment[name] ?? environment[name.toLowerCase()] ?? '';
  const excluded = variable('NO_PROXY').split(',');
  if (isLoopback(host) || excluded.some((entry) => covers(entry.trim().toLowerCase(), host))) return undefined;
  return configured || variable('HTTPS_PROXY') || undefined;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/** `example.com` and `.example.com` stand for the domain and all below it. */
function covers(entry: string, host: string): boolean {
  const domain = entry.replace(/:\d+$/, '').replace(/^\*?\./, '');
  return domain === '*' || (domain !== '' && (host === domain || host.endsWith(`.${domain}`)));
}
