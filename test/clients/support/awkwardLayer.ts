// A layer of everything that real ones have besides plain files, as far as all unpackers know it.
import { tarOf, type TarEntry } from '../../support/tarBuilder.js';

const LONG = `${'l'.repeat(120)}/${'m'.repeat(120)}`;
/** cap_net_raw+ep, and a user id's bytes that are no UTF-8. */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000080', 'hex');
const TRICKY = Buffer.from('a\n15 path=x/EVIL\n\0\xff', 'latin1');

const directory = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({ name, type: '5', mode: 0o755, mtime: 1_500_000_000, ...more });
const file = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({ name, content: `in ${name}\n`, mtime: 1_400_000_000, ...more });
const xattr = (name: string, value: string | Buffer): Readonly<Record<string, string | Buffer>> => ({ [`SCHILY.xattr.${name}`]: value });

/** What a hard link is said to be counts for Podman, and for nobody else: it is the same here. */
const OWNED = { uid: 1000, gid: 2000, mode: 0o640, mtime: 1_400_000_000 } as const;

const ENTRIES: readonly TarEntry[] = [
  directory('./', { mode: 0o751, mtime: 1_300_000_000 }),
  directory('usr/'),
  directory('usr/bin/'),
  { name: 'bin', type: '2', link: 'usr/bin', mtime: 1_200_000_000 },
  file('bin/below-a-link', { mode: 0o755 }),
  file('owned', OWNED),
  file('big-owner', { pax: { uid: '3000000', gid: '3000001' } }),
  file('set-uid', { mode: 0o4755, uid: 65_534, gid: 65_534 }),
  file('set-gid', { mode: 0o2755, gid: 42 }),
  directory('sticky/', { mode: 0o1777 }),
  directory('set-gid-folder/', { mode: 0o2775, gid: 50 }),
  file('set-gid-folder/child', { gid: 0 }),
  directory('closed/', { mode: 0o000, uid: 7 }),
  file('closed/within', { mode: 0o000 }),
  file('fraction', { pax: { mtime: '1234567890.987654321' } }),
  { name: 'absolute-link', type: '2', link: '/etc/passwd', uid: 5, mtime: 1_100_000_000 },
  { name: 'upward-link', type: '2', link: '../../../etc/passwd' },
  { name: 'link-to-nothing', type: '2', link: 'nothing' },
  { name: 'link-to-link', type: '2', link: 'link-to-nothing' },
  { name: 'hard', type: '1', link: 'owned', ...OWNED },
  { name: 'usr/hard-too', type: '1', link: './owned', ...OWNED },
  { name: 'hard-of-link', type: '1', link: 'link-to-nothing' },
  { name: 'null', type: '3', mode: 0o666, device: [1, 3], mtime: 1_000_000_000 },
  { name: 'disk', type: '4', mode: 0o660, gid: 6, device: [259, 7] },
  { name: 'fifo', type: '6', mode: 0o620, mtime: 900_000_000 },
  file('capable', { mode: 0o755, uid: 1000, pax: xattr('security.capability', CAPABILITY) }),
  file('tricky', { pax: xattr('user.tricky', TRICKY) }),
  directory('with-attribute/', { pax: xattr('user.colour', 'blue') }),
  directory(`${'l'.repeat(99)}`, { pax: { path: `${'l'.repeat(120)}/` } }),
  file('long', { pax: { path: LONG } }),
  { name: 'long-link', type: '2', link: 'x', pax: { linkpath: LONG } },
  { name: Buffer.from('caf\xe9', 'latin1'), content: 'latin', mtime: 800_000_000 },
  file('plain-name', { pax: { path: Buffer.from('pax-caf\xe9', 'latin1') } }),
  file('empty', { content: '' }),
  file('a block', { content: 'x'.repeat(512) }),
  file('more than a block', { content: 'y'.repeat(70_001) }),
];

export const awkwardLayer = (): Buffer => tarOf(ENTRIES);

/** What hides things of the layers below. */
export const whiteoutLayer = (): Buffer =>
  tarOf([
    directory('./', { mode: 0o755, mtime: 1_300_000_000 }),
    directory('opaque/'),
    file('opaque/.wh..wh..opq', { content: '' }),
    file('opaque/new'),
    directory('kept/'),
    file('kept/.wh.gone', { content: '' }),
  ]);
