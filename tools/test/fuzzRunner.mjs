// Builds the fuzzers (test/fuzz) by clang, and lets all of them look for crashes at the same time, as many as there are cores:
// for a minute in all, or BULKHEAD_FUZZ_SECONDS. Each is one test. What they learn stays in build/fuzz/found, and is where they
// go on from; an input that ends one is kept as build/fuzz/crashes/NAME-….
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { inRepository } from '../repository.mjs';
import { outputOf, run } from '../run.mjs';
import { installSystemPackages } from '../setup/systemPackages.mjs';

const SECONDS = 60;
const OPTIONS = ['-timeout=20', '-rss_limit_mb=2048', '-print_final_stats=0', '-verbosity=0', `-dict=${inRepository('test/fuzz/words.dict')}`];

/** Without clang it is a skip, but in CI a failure. */
export async function runFuzzers() {
  await installSystemPackages(['fuzz']);
  if (outputOf('clang++-14', ['--version']) === null) {
    if (process.env.BULKHEAD_CI === '1') throw new Error('CI should have clang++-14');
    console.log('skipped, all of it: no clang++-14 here');
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const jobs = Number(process.env.BULKHEAD_JOBS) || os.availableParallelism();
  await run('make', ['--directory=test/fuzz', `--jobs=${jobs}`, '--no-print-directory']);
  return counted(await inParallel(targets(), jobs));
}

const targets = () => fs.readdirSync(inRepository('test/fuzz/targets')).map((name) => name.replace(/\.cpp$/, ''));

/** `jobs` at a time; each gets its share of the time. */
async function inParallel(names, jobs) {
  const seconds = Number(process.env.BULKHEAD_FUZZ_SECONDS ?? SECONDS);
  const share = Math.max(1, Math.floor((seconds * jobs) / names.length));
  const waiting = [...names];
  const codes = [];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) codes.push(await fuzz(name, share));
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return codes;
}

async function fuzz(name, seconds) {
  const found = inRepository('build/fuzz/found', name);
  const crashes = inRepository('build/fuzz/crashes');
  for (const folder of [found, crashes]) fs.mkdirSync(folder, { recursive: true });
  const args = [`-max_total_time=${seconds}`, `-artifact_prefix=${crashes}/${name}-`, ...OPTIONS, found, inRepository('test/fuzz/corpus', name)];
  const child = spawn(inRepository('build/fuzz', name), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-20_000)));
  const code = await new Promise((resolve) => child.once('close', (status, signal) => resolve(status ?? signal)));
  console.log(code === 0 ? `✔ ${name}: ${seconds} s, ${fs.readdirSync(found).length} inputs` : `✖ ${name} ended with ${code}:\n${said}`);
  return code;
}

const counted = (codes) => ({ passed: codes.filter((code) => code === 0).length, failed: codes.filter((code) => code !== 0).length, skipped: 0 });
