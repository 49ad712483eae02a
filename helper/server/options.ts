// The helper's command line.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PARKING_LIMITS } from '../policy/limits.js';
import { DEFAULT_SOCKET_PATH } from '../../protocol/version.js';

export const DEFAULT_DATA_DIRECTORY = '/var/lib/bulkhead';

export interface Options {
  readonly socketPath: string;
  readonly stateDirectory: string;
  readonly dataDirectory: string;
  /** Where bulkhead.node, bulkhead-init and bulkhead-runtime are; null: beside the helper, or in a checkout's build. */
  readonly nativeDirectory: string | null;
  readonly policyPath: string;
  /** How many containers stand ready before they are started; 0: none. */
  readonly parkedContainers: number;
  /** Runs from files that others than root can write to, and from an environment that configures Node. */
  readonly isDevelopment: boolean;
}

export type Command = { readonly kind: 'serve'; readonly options: Options } | { readonly kind: 'help' } | { readonly kind: 'version' };

/** Throws an Error whose message is for the terminal. */
export function parseCommand(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      socket: { type: 'string', default: DEFAULT_SOCKET_PATH },
      'state-dir': { type: 'string' },
      'data-dir': { type: 'string', default: DEFAULT_DATA_DIRECTORY },
      'native-dir': { type: 'string' },
      policy: { type: 'string', default: '/etc/bulkhead/policy.json' },
      'parked-containers': { type: 'string', default: String(PARKING_LIMITS.places) },
      development: { type: 'boolean', default: false },
      // It never leaves the foreground; service managers and scripts may say so all the same.
      foreground: { type: 'boolean', default: true },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  const socketPath = absolute('--socket', values.socket);
  return {
    kind: 'serve',
    options: {
      socketPath,
      stateDirectory: absolute('--state-dir', values['state-dir'] ?? path.dirname(socketPath)),
      dataDirectory: absolute('--data-dir', values['data-dir']),
      nativeDirectory: values['native-dir'] === undefined ? null : absolute('--native-dir', values['native-dir']),
      policyPath: absolute('--policy', values.policy),
      parkedContainers: places(values['parked-containers']),
      isDevelopment: values.development,
    },
  };
}

export const USAGE = `usage: bulkhead-helper [options]        (as root)

  --socket PATH       where to listen                        ${DEFAULT_SOCKET_PATH}
  --state-dir DIR     what lives until the next boot         the socket's directory
  --data-dir DIR      images, containers, the audit log      ${DEFAULT_DATA_DIRECTORY}
  --native-dir DIR    where bulkhead.node is                 beside the helper
  --policy FILE       who is an administrator (optional)     /etc/bulkhead/policy.json
  --parked-containers N
                      containers that stand ready            ${PARKING_LIMITS.places} (0: none)
  --development       run from a checkout: trust files that others than root can write to
  --foreground        accepted, and always so
  --version, --help

Prints "bulkhead: ready on PATH" once it listens. SIGTERM ends it; containers go on.
`;

function places(value: string): number {
  const count = /^\d{1,2}$/.test(value) ? Number(value) : NaN;
  if (!(count <= PARKING_LIMITS.mostPlaces)) throw new Error(`--parked-containers must be a number from 0 to ${PARKING_LIMITS.mostPlaces}`);
  return count;
}

/** Relative paths mean nothing to a service; and the kernel's limit for a socket's path is 107 bytes. */
function absolute(option: string, value: string): string {
  if (!path.isAbsolute(value)) throw new Error(`${option} must be an absolute path`);
  if (option === '--socket' && Buffer.byteLength(value) > 107) throw new Error(`${option}: a socket's path has at most 107 bytes`);
  return path.normalize(value);
}
