// Names for containers that were given none: two words of a ship, such as `steady_keel`.
import { randomInt } from 'node:crypto';

const QUALITIES = [
  'able', 'ample', 'bold', 'brisk', 'bright', 'calm', 'clear', 'crisp', 'deft', 'eager', 'fair', 'firm', 'fleet', 'fresh', 'gentle', 'grand',
  'hardy', 'keen', 'kind', 'lively', 'lucky', 'merry', 'mighty', 'neat', 'nimble', 'noble', 'plucky', 'proud', 'quick', 'quiet', 'ready', 'smart',
  'snug', 'solid', 'sound', 'spry', 'stately', 'staunch', 'steady', 'stout', 'sunny', 'swift', 'tidy', 'trim', 'trusty', 'vivid', 'warm', 'wise',
] as const; // prettier-ignore
const PARTS = [
  'anchor', 'beacon', 'bilge', 'binnacle', 'boom', 'bosun', 'bow', 'bowsprit', 'bridge', 'bulkhead', 'buoy', 'cabin', 'capstan', 'cleat', 'compass',
  'cutter', 'davit', 'deck', 'dinghy', 'dock', 'fender', 'forecastle', 'frigate', 'galley', 'gangway', 'halyard', 'harbor', 'hatch', 'hawser', 'helm',
  'hold', 'hull', 'jib', 'keel', 'ketch', 'lantern', 'ledger', 'lighthouse', 'locker', 'mainsail', 'mast', 'mooring', 'oar', 'porthole', 'prow', 'quay',
  'rigging', 'rudder', 'schooner', 'sextant', 'sloop', 'spar', 'spinnaker', 'stern', 'tide', 'tiller', 'topsail', 'trawler', 'tug', 'wharf', 'winch', 'yawl',
] as const; // prettier-ignore
const ATTEMPTS = 8;

/** A name that `isTaken` does not know. */
export function inventName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const name = `${pick(QUALITIES)}_${pick(PARTS)}`;
    if (!isTaken(name)) return name;
  }
  return `${pick(QUALITIES)}_${pick(PARTS)}_${randomInt(1e9)}`;
}

function pick<T>(words: readonly [T, ...T[]]): T {
  return words[randomInt(words.length)] ?? words[0];
}
