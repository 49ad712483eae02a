// Where the helper of `npm start` is, listens, and keeps what it has. The environment can say otherwise; then the machine's own
// helper, and its service, are left alone.
const STANDARD = { prefix: '/usr/local/lib/bulkhead', socketPath: '/run/bulkhead/helper.sock', dataDirectory: '/var/lib/bulkhead' };

/** `isStandard`: all is where an extension looks for it without being told. */
export function helperPlaces({ BULKHEAD_PREFIX, BULKHEAD_SOCKET, BULKHEAD_DATA } = process.env) {
  const places = {
    prefix: BULKHEAD_PREFIX || STANDARD.prefix,
    socketPath: BULKHEAD_SOCKET || STANDARD.socketPath,
    dataDirectory: BULKHEAD_DATA || STANDARD.dataDirectory,
  };
  return { ...places, isStandard: Object.keys(STANDARD).every((name) => places[name] === STANDARD[name]) };
}
