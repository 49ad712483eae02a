// The system's packages that building and testing need. Debian and Ubuntu: installs them. Elsewhere: names them.
import fs from 'node:fs';
import { inRepository } from '../repository.mjs';
import { asRoot, canBeRoot, outputOf, run } from '../run.mjs';

// Of Debian 12 and of Ubuntu 22.04.
const FUZZER_LIBRARIES = ['14.0.6', '14.0.0'].map((version) => `/usr/lib/llvm-14/lib/clang/${version}/lib/linux/libclang_rt.fuzzer-x86_64.a`);

/** What only the tests or checks, or only the measurements, need: who has its program by another way needs no package. */
const EXTRA_PACKAGES = {
  tests: [
    { name: 'zstd', programs: ['zstd'], use: 'the tests of images' },
    { name: 'procps', programs: ['pgrep'], use: 'the system tests' },
    { name: 'chromium', programs: ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'], use: 'the tests in a real VS Code' },
    { name: 'clang-format-14', programs: ['clang-format-14'], use: 'npm run lint' },
    { name: 'strace', programs: ['strace'], use: 'the tests that cut a creation off' },
    { name: 'iproute2', programs: ['ip'], use: 'the system tests' },
    { name: 'podman', programs: ['podman'], use: 'the tests with Podman' },
    { name: 'conmon', programs: ['conmon'], use: 'the tests with Podman' },
    { name: 'catatonit', programs: ['catatonit', '/usr/libexec/podman/catatonit'], use: 'the tests with Podman' },
    { name: 'openssl', programs: ['openssl'], use: 'the tests of registries' },
    { name: 'skopeo', programs: ['skopeo'], use: 'the tests of archives' },
    { name: 'umoci', programs: ['umoci'], use: 'the tests of archives' },
    { name: 'docker-registry', programs: ['docker-registry'], use: 'the tests of registries' },
    { name: 'containerd', programs: ['containerd'], use: 'the tests with containerd' },
    { name: 'bsdutils', programs: ['script'], use: 'the tests of terminals' },
  ],
  fuzz: [
    { name: 'clang-14', programs: ['clang++-14'], use: 'the fuzzers' },
    { name: 'libclang-rt-14-dev', programs: FUZZER_LIBRARIES, use: 'the fuzzers' },
  ],
  guest: [
    { name: 'qemu-system-x86', programs: ['qemu-system-x86_64'], use: 'npm run test:vm' },
    { name: 'qemu-utils', programs: ['qemu-img'], use: 'npm run test:vm' },
    { name: 'mmdebstrap', programs: ['mmdebstrap'], use: 'npm run test:vm' },
    { name: 'e2fsprogs', programs: ['mke2fs'], use: 'npm run test:vm' },
  ],
  bench: [
    { name: 'crun', programs: ['crun'], use: 'the measurements' },
    { name: 'runc', programs: ['runc'], use: 'the measurements' },
    { name: 'conmon', programs: ['conmon'], use: 'the measurements' },
    { name: 'linux-perf', programs: ['perf'], use: 'the measurements of images' },
    { name: 'docker-registry', programs: ['docker-registry'], use: 'the measurements of images' },
    { name: 'e2fsprogs', programs: ['mkfs.ext4'], use: 'the measurements of images' },
    { name: 'podman', programs: ['podman'], use: 'the measurements of images' },
    { name: 'skopeo', programs: ['skopeo'], use: 'the measurements of images' },
    { name: 'umoci', programs: ['umoci'], use: 'the measurements of images' },
  ],
};

/** `extra`: 'tests', 'fuzz', 'guest', 'bench'. */
export async function installSystemPackages(extra) {
  if (outputOf('dpkg-query', ['--version']) === null) return askForPackages();
  const needed = listed('native/packages.txt').concat(listed('tools/image/packages.txt'));
  const missing = needed.filter((name) => !isInstalled(name));
  const wanted = extra.flatMap((kind) => EXTRA_PACKAGES[kind]).filter(({ programs }) => !programs.some(isProgram));
  if (missing.length + wanted.length === 0) return;
  if (!canBeRoot()) return doWithout(missing, wanted);
  console.log(`set-up: installing Debian packages: ${[...missing, ...wanted.map(({ name }) => name)].join(' ')}`);
  await aptGet('update').catch((error) => console.warn(`set-up: ${error.message}; going on with the lists that are there`));
  if (missing.length > 0) await aptGet('install', ...missing);
  for (const extraPackage of wanted) await installExtra(extraPackage);
}

/** Who is not root, and has no sudo, is told what root has to do. */
function doWithout(missing, wanted) {
  const install = `apt-get install --no-install-recommends ${[...missing, ...wanted.map(({ name }) => name)].join(' ')}`;
  const say = `packages are missing that only root can install, and there is no sudo here. As root:\n\n    ${install}\n`;
  if (missing.length > 0) throw new Error(say);
  console.warn(`set-up: ${say}\n  Without them these will do: ${[...new Set(wanted.map(({ use }) => use))].join(', ')}.`);
}

/** Lines of a file that are not comments. */
function listed(file) {
  if (!fs.existsSync(inRepository(file))) return [];
  const lines = fs.readFileSync(inRepository(file), 'utf8').split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean);
}

const isInstalled = (name) => outputOf('dpkg-query', ['-W', '-f=${db:Status-Status}', name]) === 'installed';
/** By its name in PATH, or any file by its path. */
const isProgram = (name) => (name.startsWith('/') ? fs.existsSync(name) : outputOf('/bin/sh', ['-c', `command -v ${name}`]) !== null);

/** Its absence makes tests skip (or, in CI, fail): see test/support/world.ts. */
async function installExtra({ name, use }) {
  await aptGet('install', name).catch(() => console.warn(`set-up: no package ${name} here; ${use} will do without`));
}

async function aptGet(command, ...names) {
  const args = command === 'install' ? ['install', '--yes', '--no-install-recommends', ...names] : [command];
  await run(...asRoot('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '--quiet=2', '-o', 'Dpkg::Use-Pty=0', ...args));
}

/** Only names that are certain; what a distribution lacks (static libraries, mostly) has to be built. */
const ELSEWHERE = {
  dnf: 'gcc-c++ musl-devel musl-libc-static libstdc++-static make python3 libseccomp-devel libseccomp-static libzstd-devel libzstd-static zlib-devel rapidjson-devel doctest-devel busybox',
  pacman: 'gcc musl make python libseccomp zstd zlib rapidjson doctest busybox',
  apk: 'g++ musl-dev make python3 libseccomp-dev libseccomp-static zstd-dev zstd-static zlib-dev zlib-static rapidjson-dev doctest-dev busybox-static',
};

function askForPackages() {
  const manager = Object.keys(ELSEWHERE).find(isProgram);
  console.warn(
    'set-up: this is neither Debian nor Ubuntu, so nothing is installed. Building needs a C++20 compiler, make, Python 3, a static busybox,\n' +
      '  RapidJSON, doctest, and static libraries with headers of musl, libseccomp, libzstd and zlib.' +
      (manager === undefined
        ? ''
        : `\n  To begin with: ${manager === 'pacman' ? 'pacman -S' : manager === 'dnf' ? 'dnf install' : 'apk add'} ${ELSEWHERE[manager]}`),
  );
}
