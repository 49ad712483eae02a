// The compiled seccomp filter that bulkhead-runtime has just used, for the floor program: out of its cache, whose files are
// a header (a checksum, then the profile's length, 8 bytes each), the profile, the filter.
import fs from 'node:fs';
import path from 'node:path';

const CACHE = '/run/bulkhead/seccomp';

/** Writes it into `directory`; returns the path. */
export function cachedFilter(directory: string): string {
  const files = fs.readdirSync(CACHE).map((name) => path.join(CACHE, name));
  const newest = files.sort((a, b) => fs.statSync(b).atimeMs - fs.statSync(a).atimeMs)[0];
  if (newest === undefined) throw new Error(`there is no filter in ${CACHE}`);
  const content = fs.readFileSync(newest);
  const file = path.join(directory, 'filter');
  fs.writeFileSync(file, content.subarray(16 + Number(content.readBigUInt64LE(8))));
  return file;
}
