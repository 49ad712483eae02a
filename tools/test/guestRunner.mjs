// Runs test/vm/**/*.test.ts, and if asked for the system tests that are about control groups, in the guest of tools/vm: pure cgroup v2,
// systemd.
import { installSystemPackages } from '../setup/systemPackages.mjs';
import { runInGuest } from '../vm/guest.mjs';
import { missingForGuest } from '../vm/settings.mjs';
import { nodeArguments, testFiles } from './nodeRunner.mjs';

/** Emulation makes what starts processes some twenty times slower. */
const TIMEOUT_MS = 1_200_000;
const SYSTEM_TESTS = ['addon', 'runtime'].map((name) => `build/test/system/${name}.test.js`);

/** A guest that can't be had is a skip, but in CI a failure. */
export async function runGuestTests({ withSystemTests }) {
  await installSystemPackages(['guest']);
  const reason = missingForGuest();
  if (reason !== null) {
    if (process.env.BULKHEAD_CI === '1') throw new Error(`CI should have the guest, but: ${reason}`);
    console.log(`skipped, all of it: ${reason}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const args = nodeArguments([...testFiles('vm'), ...(withSystemTests ? SYSTEM_TESTS : [])], '/exchange/counts', 1);
  const { status, files } = await runInGuest(['node', ...args], { timeoutMs: TIMEOUT_MS });
  const counts = JSON.parse(files.get('counts') ?? 'null') ?? { passed: 0, failed: 0, skipped: 0 };
  if (status !== 0 && counts.failed === 0) throw new Error(`the runner in the guest ended with ${status}`);
  return counts;
}
