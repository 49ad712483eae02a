// Runs the measurements, all or those named: node tools/bench.mjs [start] [exec] …  Each prints its own table.
import fs from 'node:fs';
import { inRepository } from './repository.mjs';
import { exitCode, run } from './run.mjs';

const FOLDER = 'test/bench';
const ENDING = '.bench.ts';

await run(process.execPath, ['tools/setup.mjs', '--bench']);
await run(process.execPath, ['tools/build.mjs', '--no-types', '--production']);

const asked = process.argv.slice(2);
const all = fs
  .readdirSync(inRepository(FOLDER))
  .filter((name) => name.endsWith(ENDING))
  .map((name) => name.slice(0, -ENDING.length))
  .sort();
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0 || all.length === 0) throw new Error(`no such measurement: ${unknown.join(', ')} (there are ${all.join(', ')})`);
for (const name of asked.length > 0 ? asked : all) {
  console.log(`\n── ${name} ──`);
  const code = await exitCode(process.execPath, ['--enable-source-maps', `build/test/bench/${name}.bench.js`]);
  if (code !== 0) process.exitCode = 1;
}
