// Runs a command as root in a Debian guest with systemd and pure cgroup v2, in a copy of it that is thrown away: node tools/vm.mjs [COMMAND…]
// (none: only makes the guest). `systemd-run --uid=dev --pipe --wait …` inside is an ordinary user. BULKHEAD_VM_CONSOLE: a file for the
// guest's kernel messages; BULKHEAD_VM_ACCELERATOR: kvm or tcg.
import { installSystemPackages } from './setup/systemPackages.mjs';
import { runInGuest } from './vm/guest.mjs';
import { savedGuest } from './vm/saved.mjs';
import { missingForGuest } from './vm/settings.mjs';

const TIMEOUT_MS = 3_600_000;

try {
  await installSystemPackages(['guest']);
  const reason = missingForGuest();
  if (reason !== null) throw new Error(reason);
  const command = process.argv.slice(2);
  if (command.length === 0) await savedGuest();
  else process.exitCode = (await runInGuest(command, { timeoutMs: TIMEOUT_MS })).status;
} catch (error) {
  console.error(`vm: ${error.message}`);
  process.exitCode = 125;
}
