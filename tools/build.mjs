// Builds the JavaScript: extension, helper and tests, each bundled by esbuild; checks the types besides.
// usage: node tools/build.mjs [--watch] [--no-types] [--production] [extension|helper|tools|tests]…      The native half is setup's.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { context } from 'esbuild';
import { writeNotices } from './notices.mjs';
import { repositoryRoot } from './repository.mjs';

const flags = new Set(process.argv.slice(2).filter((argument) => argument.startsWith('--')));
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const shared = {
  absWorkingDir: repositoryRoot,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
  minifySyntax: flags.has('--production'),
  legalComments: 'none', // the licences are in THIRD_PARTY_NOTICES.txt,
};

/** What runs in the repository only: packages are there, and bundling them for each file costs time. */
const unbundledPackages = {
  packages: 'external',
  // The tools' modules that tests bundle ask for their own address, which CommonJS knows by another name.
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' },
};

/** Every file below `folder` whose path ends as `pattern` says; relative to the repository. */
function sources(folder, pattern) {
  const absolute = path.join(repositoryRoot, folder);
  if (!fs.existsSync(absolute)) return [];
  return fs
    .readdirSync(absolute, { recursive: true })
    .map((name) => path.join(folder, name))
    .filter((name) => pattern.test(name) && !name.endsWith('.d.ts'))
    .sort();
}

/** Every file that is bundled into what users get. */
const shipped = new Set();

const existing = (...names) => names.filter((name) => fs.existsSync(path.join(repositoryRoot, name)));

const bundles = {
  extension: () => ({ ...shared, entryPoints: existing('extension/main.ts'), outdir: 'dist/extension', external: ['vscode'] }),
  helper: () => ({
    ...shared,
    entryPoints: [...existing('helper/main.ts'), ...sources('helper', /\.worker\.ts$/)],
    entryNames: '[name]',
    outdir: 'dist/helper',
  }),
  tools: () => ({ ...shared, ...unbundledPackages, entryPoints: sources('tools/client', /\.ts$/), outdir: 'build/tools' }),
  tests: () => ({
    ...shared,
    ...unbundledPackages,
    entryPoints: [
      ...sources('test', /^test\/(unit|rpc|system|clients|vm|vscode\/browser)\/.*\.test\.ts$/),
      ...sources('test', /^test\/bench\/.*\.bench\.ts$/),
      ...sources('test', /^test\/vscode\/suite\/.*\.ts$/),
      ...sources('test', /^test\/vscode\/run\.ts$/),
      ...existing('test/support/leaks.ts', 'test/support/world.ts'),
    ],
    outbase: 'test',
    outdir: 'build/test',
  }),
};

async function bundle(name) {
  const options = bundles[name]();
  if (options.entryPoints.length === 0) return;
  const built = await context(options);
  if (flags.has('--watch')) return built.watch();
  const { metafile } = await built.rebuild().finally(() => built.dispose());
  if (name === 'extension' || name === 'helper') Object.keys(metafile.inputs).forEach((file) => shipped.add(file));
}

function checkTypes() {
  const args = ['node_modules/typescript/bin/tsc', '-b', ...(flags.has('--watch') ? ['--watch', '--preserveWatchOutput'] : [])];
  const compiler = spawn(process.execPath, args, { cwd: repositoryRoot, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    compiler.once('error', reject);
    compiler.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('the types do not hold (tsc -b)'))));
  });
}

const work = (asked.length > 0 ? asked : Object.keys(bundles)).map(bundle);
if (!flags.has('--no-types')) work.push(checkTypes());
const outcomes = await Promise.allSettled(work);
if (flags.has('--production')) writeNotices([...shipped]);
for (const { status, reason } of outcomes) {
  if (status === 'fulfilled') continue;
  if (reason.errors === undefined) console.error(`build: ${reason.message}`); // esbuild has printed its own already
  process.exitCode = 1;
}
