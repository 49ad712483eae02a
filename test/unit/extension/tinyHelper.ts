// A server of the protocol for tests of the client: vscode-jsonrpc over a real unix socket, with answers that the test chooses.
// It stands for no helper: what one does is tested against the real one.
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  createMessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { APPLICATION_ERROR, type ErrorData } from '../../../protocol/errors.js';
import type { MethodName, ParamsInput } from '../../../protocol/methods.js';
import type { SystemInfo } from '../../../protocol/system.js';
import { PROTOCOL_VERSION } from '../../../protocol/version.js';
import { snapshot } from './worldFixture.js';

type Handler = (params: unknown, token: CancellationToken, connection: MessageConnection) => unknown;
export type Handlers = { [M in MethodName]?: (params: ParamsInput<M>, token: CancellationToken, connection: MessageConnection) => unknown };

export interface TinyHelper {
  readonly socketPath: string;
  readonly connections: readonly MessageConnection[];
  /** Breaks the connections that there are. */
  drop(): void;
  /** Breaks the connections, and removes the socket. */
  stop(): Promise<void>;
}

export function socketFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-client-'));
}

export async function startTinyHelper(socketPath: string, handlers: Handlers = {}): Promise<TinyHelper> {
  const connections: MessageConnection[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    connections.push(serve(socket, { 'system/info': () => info(), 'events/subscribe': () => snapshot(1), ...handlers }));
  });
  server.listen(socketPath);
  await once(server, 'listening');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const stop = async () => {
    drop();
    server.close();
    await once(server, 'close');
  };
  return { socketPath, connections, drop, stop };
}

function serve(socket: net.Socket, handlers: Handlers): MessageConnection {
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  for (const [method, handler] of Object.entries(handlers)) {
    connection.onRequest(method, (params: unknown, token: CancellationToken) => (handler as Handler)(params, token, connection));
  }
  connection.onError(() => connection.dispose());
  connection.listen();
  return connection;
}

export function refusal(data: ErrorData): ResponseError<ErrorData> {
  return new ResponseError(APPLICATION_ERROR, data.code, data);
}

export function info(more: Partial<SystemInfo> = {}): SystemInfo {
  return {
    protocolVersion: PROTOCOL_VERSION,
    helperVersion: '0.1.0',
    startedMs: 0,
    caller: { uid: 1000, role: 'user' },
    host: { kernelRelease: '6.18', architecture: 'amd64', cpus: 2, memoryBytes: 1e9, cgroup: 'v2', controllers: [], warnings: [] },
    counts: { containers: 0, running: 0, images: 0 },
    ...more,
  };
}
