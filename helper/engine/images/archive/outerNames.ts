// The names that an archive of images consists of; anything else in it means that it is a root file system. Pure.

const HEX = '[0-9a-f]{64}';
const MEMBERS = [
  // OCI image layout.
  /^oci-layout$/,
  /^index\.json$/,
  new RegExp(`^blobs(/[a-z0-9]{1,32}(/${HEX}|/[0-9a-f]{128})?)?$`),
  // docker save, and those who write as it does.
  /^(manifest\.json|repositories)$/,
  new RegExp(`^(sha256:)?${HEX}(\\.json|\\.tar|\\.tar\\.gz)?$`),
  new RegExp(`^${HEX}/(VERSION|json|layer\\.tar)$`),
];

/** The name of a member as the documents of the archive write it: no `./`, no `/` at the end. */
export function memberName(name: string): string {
  return name.replace(/^(\.\/+)+/, '').replace(/\/+$/, '');
}

/** Whether an archive of images can have a member of that name. `.` and the empty name say nothing. */
export function isOuterName(name: string): boolean {
  return name === '' || name === '.' || MEMBERS.some((pattern) => pattern.test(name));
}

/** What a link in the archive stands for, as a member's name; null: it points out of the archive. */
export function linkTarget(member: string, target: string): string | null {
  const parts = member.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return target.startsWith('/') ? null : parts.join('/');
}
