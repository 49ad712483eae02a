// A signal as one types it. Whether there is one of that name the helper knows.

const NAME = /^(SIG)?[A-Z][A-Z0-9+-]{1,11}$/;
const MOST = 64;

/** A name (`SIGHUP`, `hup`) or a number, as the protocol has it; undefined: neither. */
export function parseSignal(typed: string): string | number | undefined {
  const text = typed.trim().toUpperCase();
  if (/^\d{1,2}$/.test(text)) return Number(text) >= 1 && Number(text) <= MOST ? Number(text) : undefined;
  return NAME.test(text) ? text : undefined;
}
