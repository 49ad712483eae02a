// The C++ files of the project, and the version of clang-format that lays them out (others differ in details).
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from '../repository.mjs';

export const CLANG_FORMAT = 'clang-format-14';

/** Absolute paths. */
export function nativeSources() {
  return ['native/src', 'test/native', 'test/fuzz', 'test/system', 'test/bench'].flatMap((folder) => {
    if (!fs.existsSync(inRepository(folder))) return [];
    const names = fs.readdirSync(inRepository(folder), { recursive: true });
    return names.filter((name) => /\.(h|cpp|c)$/.test(name)).map((name) => path.join(inRepository(folder), name));
  });
}
