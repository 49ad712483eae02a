// The version of what crosses the socket. A client whose major differs from the helper's is told so by
// `system/info`, before it asks for anything else.

/** `major.minor`: the major changes when an old client would misread an answer. */
export const PROTOCOL_VERSION = '2.0';

/** Where the helper listens unless it was told otherwise (`--socket`). */
export const DEFAULT_SOCKET_PATH = '/run/bulkhead/helper.sock';
