// What of the host's files a Node.js process needs to speak HTTPS: its program, the C library's and OpenSSL's files. Nothing of a user's.
import fs from 'node:fs';

export interface Seen {
  readonly source: string;
  readonly at: string;
  readonly isDirectory: boolean;
}

const LIBRARIES = ['/lib', '/lib64', '/lib32', '/usr/lib', '/usr/lib64', '/usr/local/lib', '/nix/store'];
const FILES = ['/etc/ld.so.cache', '/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/gai.conf', '/etc/localtime'];
const CERTIFICATES = ['/etc/ssl', '/etc/pki', '/etc/ca-certificates', '/usr/share/ca-certificates', '/usr/share/pki'];
/** Where distributions keep all authorities in one file. */
const BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem'];

export function seenOfHost(): readonly Seen[] {
  return [...LIBRARIES, ...FILES, ...CERTIFICATES].flatMap((place) => {
    const found = fs.statSync(place, { throwIfNoEntry: false });
    return found === undefined || !(found.isDirectory() || found.isFile()) ? [] : [{ source: place, at: place, isDirectory: found.isDirectory() }];
  });
}

/** Null: none, so that Node's own authorities have to do. */
export function authoritiesOfHost(): string | null {
  return BUNDLES.find((file) => fs.existsSync(file)) ?? null;
}
