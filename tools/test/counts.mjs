// Where a runner's process leaves its counts: a JSON file { passed, failed, skipped }, which is missing when it died.
import fs from 'node:fs';
import { inRepository } from '../repository.mjs';

export function countsFile(kind) {
  const path = inRepository('build', `counts-${kind}.json`);
  fs.rmSync(path, { force: true });
  return { path, read: () => (fs.existsSync(path) ? JSON.parse(fs.readFileSync(path, 'utf8')) : { passed: 0, failed: 0, skipped: 0 }) };
}
