// What is in the embedded image: busybox, a link for each of its applets, and the few files that programs look for in /etc.
import path from 'node:path';
import { tarArchive } from './tarArchive.mjs';

const FOLDERS = [
  ...['bin', 'dev', 'etc', 'home', 'mnt', 'opt', 'proc', 'run', 'sbin', 'srv', 'sys'],
  ...['usr', 'usr/bin', 'usr/sbin', 'usr/local', 'usr/local/bin', 'usr/local/sbin', 'usr/share', 'usr/share/doc', 'usr/share/doc/busybox'],
  ...['var', 'var/log', 'var/spool', 'var/spool/cron', 'var/www'],
];

const FILES = {
  'etc/passwd': [
    'root:x:0:0:root:/root:/bin/sh',
    'daemon:x:1:1:daemon:/usr/sbin:/bin/false',
    'www-data:x:33:33:www-data:/var/www:/bin/false',
    'nobody:x:65534:65534:nobody:/:/bin/false',
  ],
  'etc/group': ['root:x:0:', 'daemon:x:1:', 'tty:x:5:', 'www-data:x:33:', 'users:x:100:', 'nogroup:x:65534:'],
  'etc/hosts': ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback'],
  'etc/hostname': ['localhost'],
  'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns'],
  // Engines put the host's in its place; without a name server, lookups fail at once.
  'etc/resolv.conf': [],
  'etc/shells': ['/bin/sh', '/bin/ash'],
  'etc/os-release': ['NAME="busybox"', 'ID=busybox', 'PRETTY_NAME="busybox, as it comes with Bulkhead"'],
  'etc/profile': [
    '# Read by login shells, and by interactive ones because the image sets ENV.',
    "PS1='\\[\\033[1;36m\\]\\u@\\h\\[\\033[0m\\]:\\[\\033[1;34m\\]\\w\\[\\033[0m\\]\\$ '",
    'alias ls="ls --color=auto"',
    'alias ll="ls -l"',
  ],
  'var/www/index.html': ['<!doctype html>', '<title>It works</title>', '<h1>It works</h1>', '<p>busybox httpd, in a container.</p>'],
};

/** A tar archive. `applets`: paths without a leading slash, such as `usr/bin/wc`; `modified`: seconds since 1970, for every entry. */
export function rootFileSystem({ busybox, applets, copyright, modified }) {
  const entries = [
    ...FOLDERS.map((folder) => directory(folder, 0o755)),
    directory('root', 0o700),
    directory('tmp', 0o1777),
    directory('var/tmp', 0o1777),
    symlink('var/run', '../run'),
    file('bin/busybox', busybox, 0o755),
    ...Object.entries(FILES).map(([name, lines]) => file(name, Buffer.from(lines.map((line) => `${line}\n`).join('')), 0o644)),
    ...(copyright === null ? [] : [file('usr/share/doc/busybox/copyright', copyright, 0o644)]),
    ...applets.filter(isApplet).map((name) => symlink(name, path.posix.relative(path.posix.dirname(name), 'bin/busybox'))),
  ];
  return tarArchive(entries.sort(byPath), modified);
}

/** `linuxrc` would lie in the root folder; busybox itself is the file. */
const isApplet = (name) => name.includes('/') && name !== 'bin/busybox';
const directory = (name, mode) => ({ path: name, type: 'directory', mode });
const file = (name, content, mode) => ({ path: name, type: 'file', mode, content });
const symlink = (name, target) => ({ path: name, type: 'symlink', mode: 0o777, target });
const byPath = (a, b) => (a.path < b.path ? -1 : 1);
