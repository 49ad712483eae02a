// Every number that bounds what one uid, one connection or one message can cost. Pure data.

/** What a connection may send, hold and leave unread. */
export const CONNECTION_LIMITS = {
  /** Bytes of one JSON-RPC message's body. */
  messageBytes: 2 ** 20,
  /** Bytes of a message's header block, the empty line included. */
  headerBytes: 256,
  /** Nesting of arrays and objects in a message. */
  messageDepth: 32,
  /** Values (scalars, arrays, objects) in a message. */
  messageValues: 100_000,
  /** Requests that wait for their answer. */
  requestsInFlight: 64,
  /** Bytes that wait to be read by the client: beyond them no further request of his is taken. */
  unreadBytes: 8 * 2 ** 20,
  /** Who has not read the next 128 KiB of what waits for him in this time is cut off. */
  stalledMs: 30_000,
  /** From the helper's last word to the end of the connection, however little of it has been read. */
  farewellMs: 3000,
  /** Above this many unread bytes progress is dropped instead of queued. */
  unreadBytesForProgress: 64 * 2 ** 10,
  /** From a message's first byte to its last. */
  messageTimeoutMs: 10_000,
  /** From the connect to the first message, or to the preface of a stream. */
  firstLineTimeoutMs: 15_000,
} as const;

/** What one uid may hold at once; root too, so that a client that runs wild can't exhaust the helper. */
export const UID_LIMITS = {
  /** Connections of both kinds: JSON-RPC sessions, and streams that the helper itself serves. */
  connections: 128,
  /** Requests that wait for their answer, over all connections. */
  requestsInFlight: 256,
  /** Stream tokens that have not been redeemed. */
  streamTokens: 64,
  /** Bytes that wait to be read, over all connections; a message that is longer by itself is let through. */
  unreadBytes: 64 * 2 ** 20,
  containers: 1000,
  /** Bytes of the specs of all containers: they are kept in memory. */
  specBytes: 16 * 2 ** 20,
  /** Each has a monitor outside of the container's own limits. */
  execsPerContainer: 64,
} as const;

/** Connections of everybody together: keeps descriptors free for the containers' own needs. */
export const HELPER_CONNECTIONS = {
  all: 1024,
  /** The last of them are for uids that have none yet, and for root. */
  forNewcomers: 128,
  /** The very last are root's alone. */
  forRoot: 32,
  /** Besides: of all together who are not let in. They are told so, and that is all. */
  refused: 32,
  /** How long each of those may stay to hear it. */
  refusedMs: 5000,
} as const;

/** Containers that stand ready before they are started, each with two processes and its namespaces (docs/performance.md). */
export const PARKING_LIMITS = {
  /** At once, of everybody together; `--parked-containers` changes it. One user has all but the last at most. */
  places: 4,
  mostPlaces: 64,
  /** Who starts it at once is not to meet the preparation under way. */
  delayMs: 50,
  lifeMs: 30_000,
} as const;

/** How long a stream token is worth a connection, and an upload waits to be claimed. */
export const STREAM_TOKEN_LIFE_MS = 30_000;

/** What a container gets that its spec does not mention. */
export const CONTAINER_DEFAULTS = {
  pids: 2048,
  /** RLIMIT_NOFILE, as systemd gives it to services; the hard one is lowered to the helper's own. */
  openFiles: { soft: 1024, hard: 524_288 },
  shmBytes: 64 * 2 ** 20,
  umask: 0o022,
} as const;

/** What a container's spec may come to; it is kept in memory, and a part of it is in each list. */
export const SPEC_LIMITS = {
  /** As JSON. */
  bytes: 128 * 1024,
  /** Names and values of all labels together. */
  labelBytes: 8 * 1024,
} as const;

/** Beyond these only an admin may go: the host's memory and scheduler answer for them. */
export const USER_RLIMITS = {
  openFiles: 1_048_576,
  lockedMemoryBytes: 64 * 2 ** 20,
} as const;

/** What an import may cost. */
export const IMAGE_LIMITS = {
  maxUploadBytes: 32 * 2 ** 30,
  maxMembers: 100_000,
  layer: { maxEntries: 2_000_000, maxBytes: 64 * 2 ** 30 },
  maxImages: 1000,
  maxNames: 1000,
  maxImportImages: 64,
  maxImportDocumentBytes: 32 * 2 ** 20,
  maxOwnerBytes: 64 * 2 ** 30,
  maxOwnerDocumentBytes: 32 * 2 ** 20,
  maxImports: 2,
  maxPulls: 4,
} as const;
