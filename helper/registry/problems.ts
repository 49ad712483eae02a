// What goes wrong between this process and a registry, as the contract names it.
import type { Problem } from './contract.js';

export class RegistryProblem extends Error {
  constructor(
    readonly kind: Problem['kind'],
    readonly host: string,
    readonly detail: string,
    /** What the registry asks to wait for before the next try. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(`${kind}: ${host}: ${detail}`);
    this.name = 'RegistryProblem';
  }

  /** Whether the same request may succeed a moment later. */
  get isPassing(): boolean {
    return this.kind === 'rate-limited' || this.kind === 'server' || this.kind === 'unreachable';
  }
}

export function toProblem(error: unknown): Problem {
  if (error instanceof RegistryProblem) return { kind: error.kind, host: error.host.slice(0, 512), detail: printable(error.detail) };
  return { kind: 'malformed', host: '', detail: printable(error instanceof Error ? error.message : String(error)) };
}

/** One line of printable text: a registry's words are shown to people. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\u{10ffff}]+/gu, ' ').slice(0, 512);
}

/** Of TLS: the other side is not who it should be. */
const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;
/** Asking again at once does not help. */
const FINAL = new Set(['ENOTFOUND', 'ECONNREFUSED', 'EACCES', 'EPERM', 'ENETUNREACH', 'EINVAL']);

export function connectionProblem(host: string, error: unknown, isAborted: boolean): RegistryProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = error instanceof Error ? error.message || code : String(error);
  if (isAborted) return new RegistryProblem('cancelled', host, detail);
  if (CERTIFICATE.test(code)) return new RegistryProblem('certificate', host, detail);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return new RegistryProblem('certificate', host, 'it does not speak TLS as it should');
  return FINAL.has(code) ? new FinalProblem('unreachable', host, detail) : new RegistryProblem('unreachable', host, detail);
}

class FinalProblem extends RegistryProblem {
  override get isPassing(): boolean {
    return false;
  }
}
