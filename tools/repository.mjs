// Where things are in the repository: for the tools, and for the tests that are bundled with parts of them.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = rootAbove(path.dirname(fileURLToPath(import.meta.url)));

/** An absolute path below the repository's root. */
export const inRepository = (...parts) => path.join(repositoryRoot, ...parts);

function rootAbove(folder) {
  if (fs.existsSync(path.join(folder, 'tsconfig.base.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`${import.meta.url} is not in the repository`);
  return rootAbove(parent);
}
