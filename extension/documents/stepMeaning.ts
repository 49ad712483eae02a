// What each step of the ledger does, in a sentence: for people who want to know what a container is.
import { l10n } from 'vscode';

/** Undefined: a step that this version has no words for. */
export function stepMeaning(step: string): string | undefined {
  return meanings()[step];
}

function meanings(): Readonly<Record<string, string>> {
  return {
    plan: l10n.t('The configuration is turned into a list of system calls, before anything is done.'),
    'cgroup-create': l10n.t('Control groups are made: what the container uses is counted and limited there.'),
    'cgroup-limit': l10n.t('The limits are written into them: memory, processors, processes, devices.'),
    'cgroup-join': l10n.t('The process enters its control groups.'),
    clone: l10n.t('A process is born into namespaces of its own: process numbers, network, mounts, names.'),
    namespace: l10n.t('A namespace is entered or made.'),
    'id-map': l10n.t('User ids inside are mapped to harmless ones outside: root inside is nobody special on this machine.'),
    'root-mount': l10n.t('The layers of the image and a writable one on top become one root file system (overlayfs).'),
    'mount-source': l10n.t('A folder to be mounted is opened, with the rights of the one who asked for it.'),
    mount: l10n.t('A file system is mounted inside the new root.'),
    device: l10n.t('The few harmless devices are made: null, zero, random, tty.'),
    symlink: l10n.t('The usual links in /dev are made.'),
    'mask-path': l10n.t('A path that would tell too much about the machine is covered.'),
    'readonly-path': l10n.t('A path is made read-only.'),
    'pivot-root': l10n.t('The new root takes the place of the old one, which is let go: the machine’s files can no longer be named.'),
    hostname: l10n.t('The container gets its own host name.'),
    loopback: l10n.t('The loopback interface of its own network is brought up.'),
    sysctl: l10n.t('Kernel parameters of its own namespaces are set.'),
    terminal: l10n.t('A terminal is made inside, for the main process.'),
    stdio: l10n.t('Standard input and outputs are connected.'),
    rlimit: l10n.t('Resource limits of the process are set.'),
    'oom-score': l10n.t('How soon it is chosen when memory runs out is set.'),
    keyring: l10n.t('It gets a keyring of its own.'),
    user: l10n.t('It becomes the user that it shall run as.'),
    capabilities: l10n.t('Rights of root that a container does not need are given up.'),
    'no-new-privileges': l10n.t('From here on no program can raise its rights.'),
    seccomp: l10n.t('A filter refuses system calls that containers have no business with.'),
    scheduling: l10n.t('How and on which processors it is scheduled is set.'),
    personality: l10n.t('The kernel is told as which kind of machine it appears.'),
    'security-label': l10n.t('The profile or context of a security module is set, for the program that takes over.'),
    'working-directory': l10n.t('It goes to its working directory.'),
    lookup: l10n.t('The program is looked for.'),
    'wait-start': l10n.t('It waits for the word to go.'),
    'self-check': l10n.t('It checks that it really is inside, with nothing of the machine left open.'),
    execute: l10n.t('The program takes over: from here on the container is its own.'),
    monitor: l10n.t('The monitor begins its watch: terminal, log, end.'),
    launch: l10n.t('The small program that does all this is started from sealed memory.'),
    open: l10n.t('A file is opened.'),
    pidfd_send_signal: l10n.t('A signal is sent to the main process, by a handle that no other process can come to have.'),
    'cgroup.kill': l10n.t('Everything that is left in the control group is killed at once.'),
    'cgroup.freeze': l10n.t('All processes of the control group are frozen, or let go on.'),
    'cgroup.update': l10n.t('Limits are changed while it runs.'),
    sync: l10n.t('Both halves have told each other that they are done.'),
  };
}
