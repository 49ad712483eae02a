// Writes dist/THIRD_PARTY_NOTICES.txt: the licences of everything that the package carries and others wrote. Which npm packages
// those are, the bundler says.
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from './repository.mjs';

/** Linked into the native half, or run in containers: Debian's name of the package, whose copyright file is quoted. */
const SYSTEM_PACKAGES = ['libseccomp-dev', 'libzstd-dev', 'zlib1g-dev', 'rapidjson-dev', 'busybox-static', 'libstdc++-12-dev'];
/** What the bundler does not see: headers, and what `tar` is delivered minified with. */
const UNSEEN = ['node-addon-api', '@isaacs/fs-minipass', 'chownr', 'minipass', 'minizlib', 'yallist'];

/** `inputs`: paths of all bundled files, relative to the repository. */
export function writeNotices(inputs) {
  const bundled = inputs.flatMap((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.slice(0, 2).join('|') ?? []);
  const folders = [...new Set([...bundled, ...UNSEEN.map((name) => `node_modules/${name}/|${name}`)])].sort();
  const texts = folders.map((entry) => {
    const [folder, name] = entry.split('|');
    return notice(name, licenceIn(inRepository(folder)));
  });
  const system = SYSTEM_PACKAGES.map((name) => notice(`${name} (Debian)`, copyrightOf(name)));
  fs.writeFileSync(inRepository('dist/THIRD_PARTY_NOTICES.txt'), [...texts, ...system].join('\n'));
}

const notice = (name, text) => `${'='.repeat(80)}\n${name}\n${'='.repeat(80)}\n\n${text}\n`;

function licenceIn(folder) {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = fs.readdirSync(folder).find((entry) => /^licen[sc]e(\.\w+)?$/i.test(entry));
  if (file === undefined) return `${name} ${version}, licence: ${license}`;
  return fs.readFileSync(path.join(folder, file), 'utf8');
}

/** Elsewhere than on Debian the copyright file is at another place. */
function copyrightOf(name) {
  const file = `/usr/share/doc/${name}/copyright`;
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : `See the licence of ${name} as the distribution gives it.`;
}
