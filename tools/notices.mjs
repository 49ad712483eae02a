// Writes dist/THIRD_PARTY_NOTICES.txt: the licences of everything that the package carries and others wrote. Which npm packages
// those are, the bundler says; whose the archives are that the native half is linked from, the system's package manager.
import fs from 'node:fs';
import path from 'node:path';
import { findBusybox } from './image/busybox.mjs';
import { inRepository } from './repository.mjs';
import { outputOf } from './run.mjs';

/** What binding.gyp links statically, as the compiler finds it; and the C library of bulkhead-runtime, which is not the compiler's. */
const ARCHIVES = ['libseccomp.a', 'libzstd.a', 'libstdc++.a', 'libgcc.a', 'libc.a'];
const muslArchive = () => outputOf('sh', [inRepository('native/src/musl/flags.sh'), 'end'])?.match(/\S+\/libc\.a/)?.[0] ?? 'musl';
const HEADER = '/usr/include/rapidjson/rapidjson.h';
const COMMON_LICENCES = '/usr/share/common-licenses';
/** What the bundler does not see: headers, and what `tar` is delivered minified with. */
const UNSEEN = ['node-addon-api', '@isaacs/fs-minipass', 'chownr', 'minipass', 'minizlib', 'yallist'];

/** `inputs`: paths of all bundled files, relative to the repository. */
export function writeNotices(inputs) {
  fs.writeFileSync(inRepository('dist/THIRD_PARTY_NOTICES.txt'), notices(inputs));
}

export function notices(inputs) {
  const bundled = inputs.flatMap((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.slice(0, 2).join('|') ?? []);
  const folders = [...new Set([...bundled, ...UNSEEN.map((name) => `node_modules/${name}/|${name}`)])].sort();
  const texts = folders.map((entry) => {
    const [folder, name] = entry.split('|');
    return notice(name, licenceIn(inRepository(folder)));
  });
  const system = systemFiles().map(([name, file]) => notice(`${name} (the system's)`, copyrightOf(name, file)));
  return [...texts, ...system, ...commonLicences(system.join())].join('\n');
}

/** [package, file] for each package: the file's own name where no package manager knows it. */
function systemFiles() {
  const archives = ARCHIVES.map((name) => outputOf('g++', [`-print-file-name=${name}`])?.trim() ?? name);
  const files = [...archives, muslArchive(), HEADER, findBusybox() ?? 'busybox'];
  return [...new Map(files.map((file) => [packageOf(file) ?? path.basename(file), file]))];
}

/** Debian's name of it; null elsewhere. Files below /usr may be known by the place that they had before. */
function packageOf(file) {
  if (!fs.existsSync(file)) return null;
  const real = fs.realpathSync(file);
  const owner = outputOf('dpkg-query', ['--search', real]) ?? outputOf('dpkg-query', ['--search', real.replace(/^\/usr/, '')]);
  return owner?.split(/[:,]/)[0] ?? null;
}

const notice = (name, text) => `${'='.repeat(80)}\n${name}\n${'='.repeat(80)}\n\n${text}\n`;

function licenceIn(folder) {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = fs.readdirSync(folder).find((entry) => /^licen[sc]e(\.\w+)?$/i.test(entry));
  if (file === undefined) return `${name} ${version}, licence: ${license}`;
  return fs.readFileSync(path.join(folder, file), 'utf8');
}

/** Elsewhere than on Debian the copyright file is at another place: whoever hands the package on has to put it in. */
function copyrightOf(name, file) {
  const copyright = `/usr/share/doc/${name}/copyright`;
  if (fs.existsSync(copyright)) return fs.readFileSync(copyright, 'utf8');
  console.warn(`notices: whose licence ${file} has, nothing here says; see docs/dependencies.md`);
  return `See the licence of ${name} as the distribution gives it.`;
}

/** Debian's copyright files name the long ones by path: quoted once each, for the package goes to other machines. */
function commonLicences(text) {
  const named = [...text.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z]+(?:-\d+(?:\.\d+)*)?)/g)].map(([, name]) => name);
  const there = [...new Set(named)].filter((name) => fs.existsSync(path.join(COMMON_LICENCES, name))).sort();
  return there.map((name) => notice(`${COMMON_LICENCES}/${name}`, fs.readFileSync(path.join(COMMON_LICENCES, name), 'utf8')));
}
