// This machine as another one: mounts that only the program sees that is run inside of them.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** What to run a program by, so that it sees these mounts (shell commands) and nobody else does. */
export function privately(mounts: readonly string[]): readonly string[] {
  return ['unshare', '--mount', '--propagation=private', 'sh', '-euc', [...mounts, 'exec "$@"'].join('\n'), 'sh'];
}

export interface ServiceManager {
  readonly inside: readonly string[];
  /** The units that are left. */
  units(): readonly string[];
}

/** systemctl for one service: it starts the unit's program, ends it, and says whether it has failed. What it prints is the journal. */
const SYSTEMCTL = `#!/bin/sh
folder=FOLDER
stop() { [ ! -s $folder/pid ] || { kill "$(cat $folder/pid)" && while kill -0 "$(cat $folder/pid)"; do sleep 0.1; done; } 2>/dev/null; rm -f $folder/pid; }
case "$*" in
daemon-reload | 'enable --quiet bulkhead.service') ;;
'restart bulkhead.service')
  stop
  program=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/bulkhead.service)
  setsid sh -c 'echo $$ >'$folder'/pid; exec '"$program" </dev/null >$folder/journal 2>&1 &
  while [ ! -s $folder/pid ]; do sleep 0.1; done ;;
'is-failed --quiet bulkhead.service') ! kill -0 "$(cat $folder/pid)" ;;
'show --property NRestarts --value bulkhead.service') echo 0 ;;
'disable --quiet --now bulkhead.service') stop ;;
*) echo "systemctl: $*?" >&2; exit 1 ;;
esac
`;

/** A machine that systemd runs, for as long as a program looks: needs root. */
export function serviceManager(t: TestContext): ServiceManager {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-systemd-'));
  const at = (name: string) => path.join(folder, name);
  fs.mkdirSync(at('units'));
  fs.writeFileSync(at('systemctl'), SYSTEMCTL.replace('FOLDER', folder), { mode: 0o755 });
  fs.writeFileSync(at('journalctl'), `#!/bin/sh\nexec cat ${folder}/journal\n`, { mode: 0o755 });
  t.after(() => {
    execFileSync('sh', [at('systemctl'), 'disable', '--quiet', '--now', 'bulkhead.service']);
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const overlay = (place: string, name: string, make: string) =>
    [
      `mkdir -p ${at(name)} ${at(`${name}.work`)}`,
      make,
      `mount -t overlay overlay -o lowerdir=${place},upperdir=${at(name)},workdir=${at(`${name}.work`)} ${place}`,
    ].join('\n');
  const mounts = [
    overlay('/etc', 'etc', `mkdir -p ${at('etc')}/systemd/system`),
    `mount --bind ${at('units')} /etc/systemd/system`,
    overlay('/usr/bin', 'bin', `cp ${at('systemctl')} ${at('journalctl')} ${at('bin')}`),
    'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system',
  ];
  return { inside: privately(mounts), units: () => fs.readdirSync(at('units')) };
}
