// The form of a new container: what each step's text means, what is wrong with it, and the spec that comes out.
// Problems are codes; the sentences are in ui/formProblems.ts. The schemas of the protocol decide in the end, these only sooner.
import type { ContainerSpecInput, Limits, MountSpec, RestartPolicy } from '../../protocol/containers.js';
import { splitWords } from './words.js';

export interface RunForm {
  readonly image: string;
  /** Empty: the helper makes one up. */
  readonly name: string;
  /** A command line; empty: the image's. */
  readonly command: string;
  readonly isInteractive: boolean;
  /** `NAME=value` words; empty: none. */
  readonly environment: string;
  readonly mounts: readonly MountSpec[];
  /** `memory=256m cpus=0.5 pids=100`; empty: none. */
  readonly limits: string;
  readonly restart: RestartPolicy;
}

export const blankForm: RunForm = {
  image: '',
  name: '',
  command: '',
  isInteractive: true,
  environment: '',
  mounts: [],
  limits: '',
  restart: { name: 'no' },
};

export type Problem =
  | { readonly code: 'nameShape' }
  | { readonly code: 'nameTaken' }
  | { readonly code: 'openQuote' }
  | { readonly code: 'notAssignment'; readonly word: string }
  | { readonly code: 'unknownLimit'; readonly word: string }
  | { readonly code: 'badLimit'; readonly word: string; readonly expected: LimitName };

export type LimitName = 'memory' | 'swap' | 'cpus' | 'pids';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{1,62}$/;

export function nameProblem(name: string, isTaken: (name: string) => boolean): Problem | undefined {
  if (name === '') return undefined;
  if (!NAME.test(name)) return { code: 'nameShape' };
  return isTaken(name) ? { code: 'nameTaken' } : undefined;
}

export function commandProblem(line: string): Problem | undefined {
  return splitWords(line) === undefined ? { code: 'openQuote' } : undefined;
}

export function environmentProblem(line: string): Problem | undefined {
  const words = splitWords(line);
  if (words === undefined) return { code: 'openQuote' };
  const word = words.find((each) => !/^[^=]+=/.test(each));
  return word === undefined ? undefined : { code: 'notAssignment', word };
}

const KIBI: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const MEMORY_LEAST = 6 * 2 ** 20;
const TEBIBYTE = 2 ** 40;
const PIDS_MOST = 4_194_304;

/** `512m`, `1.5g`, `100000` as bytes. */
export function parseBytes(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([bkmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  const factor = KIBI[unit?.toLowerCase() ?? ''];
  return digits === undefined || factor === undefined ? undefined : Math.round(Number(digits) * factor);
}

const limitParsers: Readonly<Record<LimitName, (text: string) => Limits | undefined>> = {
  memory: (text) => within(parseBytes(text), MEMORY_LEAST, TEBIBYTE, (memoryBytes) => ({ memoryBytes })),
  swap: (text) =>
    text === 'unlimited' ? { memorySwapBytes: -1 } : within(parseBytes(text), MEMORY_LEAST, TEBIBYTE, (memorySwapBytes) => ({ memorySwapBytes })),
  cpus: (text) => within(numberOf(text), 0.01, 4096, (cpus) => ({ cpus })),
  pids: (text) => within(/^\d+$/.test(text) ? Number(text) : undefined, 1, PIDS_MOST, (pids) => ({ pids })),
};

/** The limits, or the first problem. */
export function parseLimits(line: string): Limits | Problem {
  let limits: Limits = {};
  for (const word of line.split(/\s+/).filter((each) => each !== '')) {
    const [name = '', text = ''] = word.split('=', 2);
    if (!isLimitName(name)) return { code: 'unknownLimit', word };
    const limit = limitParsers[name](text);
    if (limit === undefined) return { code: 'badLimit', word, expected: name };
    limits = { ...limits, ...limit };
  }
  return limits;
}

export function isProblem(value: Limits | Problem): value is Problem {
  return 'code' in value;
}

/** What `container/create` is sent. @throws RangeError for a form whose steps did not pass their checks. */
export function specOf(form: RunForm): ContainerSpecInput {
  const command = splitWords(form.command);
  const environment = splitWords(form.environment);
  const limits = parseLimits(form.limits);
  if (command === undefined || environment === undefined || isProblem(limits)) throw new RangeError('the form has an unchecked step');
  return {
    image: form.image,
    ...(form.name === '' ? {} : { name: form.name }),
    ...(command.length === 0 ? {} : { command }),
    environment,
    mounts: [...form.mounts],
    limits,
    restart: form.restart,
    terminal: form.isInteractive,
    openStdin: form.isInteractive,
  };
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(limitParsers, name);
}

function numberOf(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function within(value: number | undefined, least: number, most: number, then: (value: number) => Limits): Limits | undefined {
  return value === undefined || value < least || value > most ? undefined : then(value);
}
