// What happens to a connection before anybody reads a message of it: who is it, may he in, what does he want.
import type { Socket } from 'node:net';
import { Failure } from '../engine/failure.js';
import type { Caller } from '../handlers/call.js';
import type { Kernel, PeerIdentity } from '../kernel/kernel.js';
import { HELPER_CONNECTIONS } from '../policy/limits.js';
import type { Role } from '../policy/roles.js';
import type { Audit } from './audit.js';
import { descriptorOf } from './descriptor.js';
import type { Dispatch } from './dispatch.js';
import { readOpening, type Opening } from './opening.js';
import { Session, type SessionServices } from './session.js';
import { refuseStream, type Streams } from './streams.js';

export interface GateServices extends Omit<SessionServices, 'hasRole'> {
  readonly kernel: Pick<Kernel, 'peerIdentity'>;
  readonly streams: Streams;
  readonly audit: Audit;
  /** The policy in force; null: not admitted. */
  readonly roleOf: (peer: PeerIdentity) => Role | null;
}

export class Gate {
  private readonly sessions = new Set<Session>();

  constructor(private readonly services: GateServices) {}

  /** `socket` is paused: the kernel is asked for its peer before the first byte is read. */
  admit(socket: Socket): void {
    // What goes wrong on a connection ends that connection, and `close` always follows.
    socket.on('error', () => undefined);
    const peer = this.identify(socket);
    if (peer === null) return void socket.destroy();
    const objection = objectionTo(peer);
    const role = objection === null ? this.services.roleOf(peer) : null;
    const { usage, log } = this.services;
    const release = role === null ? usage.refusedConnection() : usage.connection(peer.uid);
    if (release === null) {
      log.warn('too many connections', { uid: peer.uid, pid: peer.pid });
      return void socket.destroy();
    }
    socket.once('close', release);
    const { uid, gid, groups, pid } = peer;
    const caller: Caller = { uid, gid, groups, pid, role: role ?? 'user', isConfined: !peer.seesSameFiles };
    if (role !== null) readOpening(socket, (opening) => this.open(socket, peer, caller, opening));
    else this.turnAway(socket, caller, objection ?? `the policy does not admit uid ${uid}`);
  }

  /** Waits until what is under way has been answered, at most `timeoutMs`; then cancels it. */
  async settle(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline && [...this.sessions].some((session) => !session.isIdle)) await new Promise((resolve) => void setTimeout(resolve, 20));
    for (const session of this.sessions) session.abort();
  }

  private identify(socket: Socket): PeerIdentity | null {
    try {
      return this.services.kernel.peerIdentity(descriptorOf(socket));
    } catch (error) {
      // The peer may have gone already. Without a name nobody comes in.
      this.services.log.warn('peer without identity', { reason: String(error) });
      return null;
    }
  }

  private open(socket: Socket, peer: PeerIdentity, caller: Caller, opening: Opening): void {
    const hasRole = (): boolean => this.hasRole(peer, caller);
    if (opening.kind === 'session') this.openSession(socket, caller, opening.first, { ...this.services, hasRole });
    else if (opening.kind === 'stream') void this.services.streams.redeem(socket, caller, opening.token);
    else refuseStream(socket, 'INVALID_PARAMS: not a preface');
  }

  private openSession(socket: Socket, caller: Caller, first: Buffer, services: SessionServices): void {
    const session = new Session(socket, caller, services);
    this.sessions.add(session);
    socket.once('close', () => this.sessions.delete(session));
    session.open(first);
  }

  /** Whether the policy still makes of him what he was let in as. */
  private hasRole(peer: PeerIdentity, { role }: Caller): boolean {
    const now = this.services.roleOf(peer);
    if (now === role) return true;
    const { uid, pid } = peer;
    const reason = `the policy has changed: he is ${now ?? 'not admitted'} now`;
    this.services.audit.append({ atMs: Date.now(), uid, pid, role, call: '', method: 'connect', phase: 'denied', outcome: 'DENIED', reason });
    return false;
  }

  /** A line in the audit log, and for a moment a session that denies whatever is asked, so that his client can tell him why. */
  private turnAway(socket: Socket, caller: Caller, reason: string): void {
    const { uid, pid } = caller;
    const end = setTimeout(() => socket.destroy(), HELPER_CONNECTIONS.refusedMs);
    socket.once('close', () => clearTimeout(end));
    this.services.audit.append({ atMs: Date.now(), uid, pid, role: 'refused', call: '', method: 'connect', phase: 'denied', outcome: 'DENIED', reason });
    const dispatch: Dispatch = () => Promise.reject(new Failure('DENIED', { reason }));
    readOpening(socket, (opening) => {
      if (opening.kind === 'session') this.openSession(socket, caller, opening.first, { ...this.services, dispatch, hasRole: () => true });
      else refuseStream(socket, `DENIED: ${reason}`);
    });
  }
}

/** Why a peer is not let in whatever his uid is; null: nothing is known against him. */
function objectionTo({ sameUserNamespace, samePidNamespace }: PeerIdentity): string | null {
  if (!sameUserNamespace) return 'the caller is in another user namespace';
  return samePidNamespace ? null : 'the caller is in another pid namespace: a container';
}
