// Runs test/<kind>/**/*.test.ts, bundled in build/test, by node:test.
import fs from 'node:fs';
import path from 'node:path';
import { inRepository, repositoryRoot } from '../repository.mjs';
import { exitCode } from '../run.mjs';
import { countsFile } from './counts.mjs';

/** The others share one kernel: one file after the other. */
const CONCURRENCY = { unit: 2 };
const TIMEOUT_MS = 600_000;

export async function runNodeTests(kind) {
  const files = testFiles(kind);
  const counts = countsFile(path.basename(kind));
  if (files.length === 0) return counts.read();
  const code = await exitCode(process.execPath, nodeArguments(files, counts.path, CONCURRENCY[kind] ?? 1));
  const found = counts.read();
  if (code !== 0 && found.failed === 0) throw new Error(`the runner ended with ${code}`);
  return found;
}

/** Of a Node that runs `files` and writes its counts, as JSON, to `countsPath`. */
export function nodeArguments(files, countsPath, concurrency) {
  return [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${TIMEOUT_MS}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${inRepository('tools/test/countingReporter.mjs')}`,
    `--test-reporter-destination=${countsPath}`,
    ...files,
  ];
}

/** Only what has a source: a bundle of a test that is gone stays in build/. */
export function testFiles(kind) {
  const folder = path.join('test', kind);
  if (!fs.existsSync(inRepository(folder))) return [];
  return fs
    .readdirSync(inRepository(folder), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.relative(repositoryRoot, inRepository('build', folder, name.replace(/\.ts$/, '.js'))))
    .sort();
}
