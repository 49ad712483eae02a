// Runs every kind of tests, or the kinds named (of the guest's, vm, more when it is named):
// node tools/test.mjs [unit] [rpc] [native] [fuzz] [system] [clients] [vm] [vscode] [browser]
// The last line sums up all runners: `N passed, N failed, N skipped`. Fails when one failed, a runner died or ran nothing,
// or something was left behind on the machine (see test/support/leaks.ts).
import { pathToFileURL } from 'node:url';
import { inRepository } from './repository.mjs';
import { run } from './run.mjs';
import { runFuzzers } from './test/fuzzRunner.mjs';
import { runGuestTests } from './test/guestRunner.mjs';
import { runNativeTests } from './test/nativeRunner.mjs';
import { runNodeTests } from './test/nodeRunner.mjs';
import { runVsCodeTests } from './test/vscodeRunner.mjs';

const asked = process.argv.slice(2);

const runners = {
  unit: () => runNodeTests('unit'),
  rpc: () => runNodeTests('rpc'),
  native: () => runNativeTests(),
  fuzz: () => runFuzzers(),
  system: () => runNodeTests('system'),
  clients: () => runNodeTests('clients'),
  vm: () => runGuestTests({ withSystemTests: asked.length > 0 }),
  vscode: () => runVsCodeTests('vscode', 'build/test/vscode/run.js'),
  browser: async () => {
    await run(process.execPath, ['tools/package.mjs']);
    return runNodeTests('vscode/browser');
  },
};

const kinds = asked.length > 0 ? asked : Object.keys(runners);
const unknown = kinds.filter((kind) => !Object.hasOwn(runners, kind));
if (unknown.length > 0) throw new Error(`no such kind of tests: ${unknown.join(', ')} (there are ${Object.keys(runners).join(', ')})`);

await run(process.execPath, ['tools/setup.mjs', '--tests']);
await run(process.execPath, ['tools/build.mjs']);
const leaks = await import(pathToFileURL(inRepository('build/test/support/leaks.js')).href);
const before = leaks.traces();

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const kind of kinds) add(await counted(kind));
add(await leakCheck());
if (process.geteuid() !== 0 && totals.skipped > 0) console.log('Most of what was skipped needs root: sudo -E npm test');
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

function add(counts) {
  for (const outcome of Object.keys(totals)) totals[outcome] += counts[outcome];
}

/** A runner that dies, or runs nothing, is one failure. */
async function counted(kind) {
  console.log(`\n── ${kind} ──`);
  try {
    const counts = await runners[kind]();
    if (counts.passed + counts.failed + counts.skipped > 0) return counts;
    console.error(`${kind}: no test ran`);
  } catch (error) {
    console.error(`${kind}: ${error.message}`);
  }
  return { passed: 0, failed: 1, skipped: 0 };
}

async function leakCheck() {
  const left = await leaks.leaked(before);
  if (left.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  console.error(`\nleft behind by the tests:\n  ${left.join('\n  ')}`);
  return { passed: 0, failed: process.env.BULKHEAD_SHARED === '1' ? 0 : 1, skipped: 0 };
}
