// Runs a program that drives a real VS Code and writes its counts to the file that BULKHEAD_COUNTS names.
import fs from 'node:fs';
import { inRepository } from '../repository.mjs';
import { exitCode } from '../run.mjs';
import { countsFile } from './counts.mjs';

export async function runVsCodeTests(kind, program) {
  if (!fs.existsSync(inRepository(program))) throw new Error(`${program} is not there`);
  const counts = countsFile(kind);
  const code = await exitCode(process.execPath, ['--enable-source-maps', program], { env: { ...process.env, BULKHEAD_COUNTS: counts.path } });
  const found = counts.read();
  if (code !== 0 && found.failed === 0) throw new Error(`the runner ended with ${code}`);
  return found;
}
