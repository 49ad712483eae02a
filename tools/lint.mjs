// Every check of the text: ESLint (typed), prettier, clang-format, and the project's own rules in tools/checks. Side by side,
// each remembering what it has already seen. `npm run format` mends what can be mended.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { brokenBoundaries } from './checks/boundaries.mjs';
import { brokenManifest } from './checks/manifest.mjs';
import { brokenTextRules } from './checks/textRules.mjs';
import { CLANG_FORMAT, nativeSources } from './checks/nativeSources.mjs';
import { inRepository, repositoryRoot } from './repository.mjs';
import { outputOf, run } from './run.mjs';
import { unlessDone } from './stamp.mjs';

const node = (program, ...args) => run(process.execPath, [inRepository('node_modules', program), ...args]);
const cached = (name) => ['--cache', '--cache-location', `build/.${name}cache`, '--cache-strategy', 'content'];

const checks = {
  eslint: () => node('eslint/bin/eslint.js', '.', '--max-warnings=0', ...cached('eslint')),
  prettier: () => node('prettier/bin/prettier.cjs', '.', '--check', '--log-level=warn', ...cached('prettier')),
  'clang-format': clangFormat,
  'import boundaries': () => none(brokenBoundaries()),
  manifest: () => none(brokenManifest()),
  text: () => none(brokenTextRules()),
  "bulkhead-init's symbols": initSymbols,
  'strings to translate': strings,
};

const started = Object.entries(checks).map(async ([name, check]) => {
  try {
    await check();
  } catch (error) {
    console.error(`lint: ${name}: ${error.message}`);
    process.exitCode = 1;
  }
});
await Promise.all(started);

function none(broken) {
  const sentences = [...broken];
  if (sentences.length > 0) throw new Error(`\n  ${sentences.join('\n  ')}`);
}

async function clangFormat() {
  if (outputOf(CLANG_FORMAT, ['--version']) === null) return console.warn(`lint: no ${CLANG_FORMAT} here, so the C++ layout is not checked`);
  const { stderr } = spawnSync(CLANG_FORMAT, ['--dry-run', ...nativeSources()], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const files = new Set([...stderr.matchAll(/^(.+?):\d+:\d+: warning:/gm)].map((match) => path.relative(repositoryRoot, match[1])));
  none([...files].map((file) => `${file} is not laid out (npm run format)`));
}

/** bulkhead-init runs where no library may: its objects leave nothing undefined. Compiles it, so only when it has changed. */
async function initSymbols() {
  const script = inRepository('native/src/init/check-symbols.sh');
  await unlessDone('build/init-symbols.stamp', ['native/src/init', 'native/src/core/plan'], () => run('sh', [script]));
}

/** l10n/bundle.l10n.json against what the code says; reading all of it takes a while, so only when that has changed. */
async function strings() {
  const bundle = 'l10n/bundle.l10n.json';
  await unlessDone('build/strings.stamp', ['extension', 'l10n'], async () => {
    const args = [inRepository('node_modules/@vscode/l10n-dev/dist/cli.js'), 'export', '--outDir', 'build/l10n', './extension'];
    await run(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const [kept, found] = [bundle, path.join('build', bundle)].map((file) => fs.readFileSync(inRepository(file), 'utf8').trim());
    if (kept !== found) throw new Error(`${bundle} is out of date (npm run l10n)`);
  });
}
