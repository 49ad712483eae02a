// All containers in memory: by id, by owner and name, by prefix. Somebody else's container is not there at all.
import { canSee, type Caller } from '../caller.js';
import { conflict, notFound } from '../failure.js';
import type { Container } from './container.js';

const SHORTEST_PREFIX = 4;
const PREFIX = /^[0-9a-f]{4,64}$/;

export class ContainerRegistry {
  private readonly byId = new Map<string, Container>();
  /** `<uid> <name>` → the container, or null while it is being made. */
  private readonly names = new Map<string, Container | null>();

  /** Everything that `caller` can see. */
  visibleTo(caller: Caller): readonly Container[] {
    return [...this.byId.values()].filter((container) => canSee(caller, container.record.owner.uid));
  }

  all(): readonly Container[] {
    return [...this.byId.values()];
  }

  get(id: string): Container | null {
    return this.byId.get(id) ?? null;
  }

  /** How many `uid` has, those that are being made included. */
  countOf(uid: number): number {
    return [...this.names.keys()].filter((name) => name.startsWith(`${uid} `)).length;
  }

  /** Bytes of the specs of all that `uid` has, as they were when they came. */
  specBytesOf(uid: number): number {
    let bytes = 0;
    for (const container of this.byId.values()) if (container.record.owner.uid === uid) bytes += container.specBytes;
    return bytes;
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** What `ref` names: a full id, the caller's own name, then a unique prefix. Throws NOT_FOUND, or CONFLICT when it names several. */
  find(caller: Caller, ref: string): Container {
    const own = this.byId.get(ref) ?? this.names.get(key(caller.uid, ref));
    if (own !== undefined && own !== null && canSee(caller, own.record.owner.uid)) return own;
    const others = this.visibleTo(caller).filter((container) => container.record.name === ref);
    const matches = others.length > 0 ? others : this.byPrefix(caller, ref);
    const [match] = matches;
    if (match === undefined) throw notFound(ref);
    if (matches.length > 1) throw conflict(ref, 'names more than one container');
    return match;
  }

  /** Keeps `name` for a container of `uid` that is being made. Throws CONFLICT. Call the result if it is not made after all. */
  reserve(uid: number, name: string): () => void {
    const reserved = key(uid, name);
    if (this.names.has(reserved)) throw conflict(name, 'another container has this name');
    this.names.set(reserved, null);
    return () => {
      if (this.names.get(reserved) === null) this.names.delete(reserved);
    };
  }

  isTaken(uid: number, name: string): boolean {
    return this.names.has(key(uid, name));
  }

  add(container: Container): void {
    const { id, owner, name } = container.record;
    this.byId.set(id, container);
    this.names.set(key(owner.uid, name), container);
  }

  /** To be called once the record has its new name, reserved before. */
  renamed(container: Container, from: string): void {
    const { owner, name } = container.record;
    this.names.delete(key(owner.uid, from));
    this.names.set(key(owner.uid, name), container);
  }

  delete(container: Container): void {
    const { id, owner, name } = container.record;
    this.byId.delete(id);
    this.names.delete(key(owner.uid, name));
  }

  private byPrefix(caller: Caller, ref: string): readonly Container[] {
    if (ref.length < SHORTEST_PREFIX || !PREFIX.test(ref)) return [];
    return this.visibleTo(caller).filter((container) => container.id.startsWith(ref));
  }
}

function key(uid: number, name: string): string {
  return `${uid} ${name}`;
}
