// What no set-up can mend: the operating system, the processor, Node's version.
const OLDEST_NODE = [20, 19];

export function checkMachine() {
  if (process.platform !== 'linux') throw new Error(`Bulkhead speaks to the Linux kernel itself; this is ${process.platform}`);
  if (process.arch !== 'x64') throw new Error(`Bulkhead is for x64 so far; this is ${process.arch}`);
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isTooOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (isTooOld) throw new Error(`Node ${OLDEST_NODE.join('.')} or later is needed; this is ${process.versions.node}`);
}
