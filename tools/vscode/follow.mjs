// Prints what another process appends to a file, as it comes.
import fs from 'node:fs';

const EVERY_MS = 200;

export function follow(file) {
  let position = 0;
  const flush = () => {
    const added = fs.readFileSync(file).subarray(position);
    position += added.length;
    if (added.length > 0) fs.writeSync(1, added);
  };
  setInterval(flush, EVERY_MS).unref();
  return { flush };
}
