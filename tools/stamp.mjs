// Work that need not be done again while what it depends on is unchanged: remembers a hash over sources in a file.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from './repository.mjs';

/**
 * Does `work` unless `stamp` (a path in the repository) holds the hash of all files below `folders` (their build/ aside), and
 * of this Node's version, from the last time that it succeeded.
 */
export async function unlessDone(stamp, folders, work) {
  const file = inRepository(stamp);
  const hash = hashOf(folders);
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === hash) return;
  await work();
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, hash);
}

function hashOf(folders) {
  const hash = crypto.createHash('sha256').update(process.version);
  for (const folder of folders) {
    for (const name of fs.readdirSync(inRepository(folder), { recursive: true }).sort()) {
      const file = inRepository(folder, name);
      if (/^build(\/|$)/.test(name) || !fs.statSync(file).isFile()) continue;
      hash.update(`\0${folder}/${name}\0`).update(fs.readFileSync(file));
    }
  }
  return hash.digest('hex');
}
