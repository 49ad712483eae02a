// A gate on a socket of its own, with handlers that the test gives and a kernel that says who calls: no root, no addon.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter, type MessageConnection } from 'vscode-jsonrpc/node';
import { Audit } from '../../../helper/server/audit.js';
import { createDispatch } from '../../../helper/server/dispatch.js';
import { Gate } from '../../../helper/server/gate.js';
import type { Log } from '../../../helper/server/log.js';
import { Streams } from '../../../helper/server/streams.js';
import { Turns } from '../../../helper/server/turns.js';
import { Usage } from '../../../helper/server/usage.js';
import type { Handlers, Role } from '../../../helper/handlers/call.js';
import type { PeerIdentity } from '../../../helper/kernel/kernel.js';
import { methods } from '../../../protocol/methods.js';

export interface Gateway {
  readonly socketPath: string;
  readonly audit: Audit;
  readonly gate: Gate;
  /** What was logged, oldest first. */
  readonly logged: string[];
  /** Descriptors that were passed on: to which monitor, with which message. */
  readonly passed: { monitorSocket: string; message: string; fd: number }[];
  /** What passing a descriptor fails with, if it is to. */
  passFailure: Error | null;
  stopping: boolean;
  /** What the policy makes of everybody but root and 666, who is not admitted; null: no more of them is. */
  role: Role | null;
  /** Who connects from now on. */
  peer: PeerIdentity;
  connect(): Promise<net.Socket>;
  client(): Promise<Client>;
}
export interface Client extends MessageConnection {
  readonly socket: net.Socket;
}

export const someUser: PeerIdentity = {
  uid: 1000,
  gid: 1000,
  groups: [1000],
  pid: 4711,
  sameUserNamespace: true,
  samePidNamespace: true,
  seesSameFiles: true,
};

/** Runs `work` with a gateway, and takes all down after it. */
export async function withGateway(handlers: Partial<Handlers>, work: (gateway: Gateway) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-unit-'));
  const sockets = new Set<net.Socket>();
  const clients = new Set<net.Socket>();
  const logged: string[] = [];
  const log: Log = { info: () => undefined, warn: (event) => void logged.push(event), error: (event, error) => void logged.push(`${event}: ${String(error)}`) };
  const audit = new Audit(path.join(directory, 'audit'), log);
  const passed: Gateway['passed'] = [];
  const kernel = {
    peerIdentity: () => gateway.peer,
    passDescriptor: async (monitorSocket: string, message: string, fd: number) => {
      if (gateway.passFailure !== null) throw gateway.passFailure;
      passed.push({ monitorSocket, message, fd });
    },
  };
  const streams = new Streams(kernel, log);
  const gate = new Gate({
    dispatch: createDispatch({ ...unexpected(), ...handlers }, audit),
    kernel,
    streams,
    audit,
    usage: new Usage(),
    turns: new Turns(),
    log,
    isStopping: () => gateway.stopping,
    roleOf: ({ uid }) => (uid === 0 ? 'admin' : uid === 666 ? null : gateway.role),
  });
  const socketPath = path.join(directory, 's');
  const gateway: Gateway = {
    socketPath,
    audit,
    gate,
    logged,
    passed,
    passFailure: null,
    stopping: false,
    role: 'user',
    peer: someUser,
    connect: () => connect(socketPath, clients),
    client: async () => speak(await connect(socketPath, clients)),
  };
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    gate.admit(socket);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  try {
    await work(gateway);
  } finally {
    streams.close();
    for (const socket of [...clients, ...sockets]) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    audit.close();
    fs.rmSync(directory, { recursive: true });
  }
}

function connect(socketPath: string, clients: Set<net.Socket>): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath, () => resolve(socket));
    clients.add(socket);
    socket.once('error', reject);
  });
}

function speak(socket: net.Socket): Client {
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.listen();
  return Object.assign(connection, { socket });
}

/** Handlers that fail the test which calls them. */
function unexpected(): Handlers {
  const names = Object.keys(methods);
  return Object.fromEntries(names.map((name) => [name, () => Promise.reject(new Error(`${name} was not expected`))])) as unknown as Handlers;
}
