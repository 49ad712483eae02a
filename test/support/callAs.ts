// Calls to a helper by somebody else: a process that has become that uid wholly, speaking the wire by hand.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ErrorData } from '../../protocol/errors.js';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups?: readonly number[];
}
/** An answer: one of the two is there. */
export interface Answer {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly data: ErrorData };
}
export type Asked = readonly [method: string, params: object];

/** The answers, in the order of what was asked, all on one connection. Rejects when the connection ends before. Needs root and setpriv(1). */
export async function callAs({ uid, gid, groups = [] }: Identity, socketPath: string, ...asked: readonly Asked[]): Promise<readonly Answer[]> {
  const supplementary = groups.length === 0 ? ['--clear-groups'] : [`--groups=${groups.join(',')}`];
  return run(['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...supplementary, '--inh-caps=-all', '--'], socketPath, asked);
}

/** The same through any program that runs the rest of its command line, such as unshare(1). */
export async function run(wrapper: readonly string[], socketPath: string, asked: readonly Asked[]): Promise<readonly Answer[]> {
  const [program = '', ...args] = [...wrapper, process.execPath, '-e', CLIENT, socketPath, JSON.stringify(asked)];
  const { stdout } = await promisify(execFile)(program, args, { timeout: 20_000, maxBuffer: 64 * 2 ** 20, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  return JSON.parse(stdout) as readonly Answer[];
}

const CLIENT = `
const [socketPath, asked] = [process.argv[1], JSON.parse(process.argv[2])];
const socket = require('node:net').connect(socketPath);
const answers = new Map();
let bytes = Buffer.alloc(0);
asked.forEach(([method, params], id) => {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  socket.write('Content-Length: ' + body.length + '\\r\\n\\r\\n');
  socket.write(body);
});
socket.on('data', (chunk) => {
  bytes = Buffer.concat([bytes, chunk]);
  for (;;) {
    const end = bytes.indexOf('\\r\\n\\r\\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\\d+)/.exec(bytes.toString('latin1', 0, end))[1]);
    if (bytes.length < end + 4 + length) return;
    const message = JSON.parse(bytes.toString('utf8', end + 4, end + 4 + length));
    bytes = bytes.subarray(end + 4 + length);
    if ('id' in message) answers.set(message.id, { result: message.result, error: message.error });
    if (answers.size < asked.length) continue;
    process.stdout.write(JSON.stringify(asked.map((_, id) => answers.get(id))));
    socket.destroy();
    return;
  }
});
socket.on('error', (error) => { process.stderr.write(String(error)); process.exitCode = 1; });
socket.on('close', () => { if (answers.size < asked.length) process.exitCode = 1; });
`;
