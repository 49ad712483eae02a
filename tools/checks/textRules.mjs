// What no file of the project may say: a path of somebody's machine, unfinished work, a test that runs alone or never.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { inRepository, repositoryRoot } from '../repository.mjs';

const SELF = 'tools/checks/textRules.mjs';
/** Of whoever runs the check: what was written here may name it. A folder right below the root has too common a name. */
const MACHINE = [repositoryRoot, os.homedir()].filter((place) => place.split('/').length > 2);
const RULES = [
  { matches: (line) => MACHINE.some((place) => line.includes(`${place}/`)), says: 'names a path of this machine' },
  { matches: (line) => /\b(TODO|FIXME|XXX)\b/.test(line), says: 'holds unfinished work' },
  {
    matches: (line) => /\b(it|test|describe|suite)\.(only|skip)\(/.test(line),
    says: 'has a test that runs alone or never; say which world it needs (test/support/world.ts)',
  },
];

export function* brokenTextRules() {
  for (const file of trackedFiles()) {
    const lines = fs.readFileSync(inRepository(file), 'utf8').split('\n');
    for (const { matches, says } of RULES) {
      const found = lines.findIndex(matches);
      if (found >= 0) yield `${file}:${found + 1} ${says}`;
    }
  }
}

/** Text files under version control. */
function trackedFiles() {
  const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: repositoryRoot, encoding: 'utf8' }).split('\0');
  return names.filter(
    (name) =>
      /\.(ts|mjs|js|json|md|h|cpp|gyp|sh|yml|css|svg|html)$|\.ci\/run$/.test(name) &&
      name !== SELF &&
      name !== 'package-lock.json' &&
      fs.existsSync(inRepository(name)),
  );
}
