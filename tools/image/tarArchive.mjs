// Writes ustar archives (POSIX.1-1988) that are the same each time: entries in the order given, root's, with one time for all.
const BLOCK = 512;
const TYPES = { file: '0', symlink: '2', directory: '5' };

/** `entries`: { path, type, mode, content? (file), target? (symlink) }; paths and targets of at most 100 bytes. */
export function tarArchive(entries, modified) {
  const blocks = entries.flatMap((entry) => [header(entry, modified), ...padded(entry.content ?? Buffer.alloc(0))]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header({ path, type, mode, content, target = '' }, modified) {
  const block = Buffer.alloc(BLOCK);
  field(block, 0, 100, type === 'directory' ? `${path}/` : path);
  number(block, 100, 8, mode);
  number(block, 108, 8, 0); // uid
  number(block, 116, 8, 0); // gid
  number(block, 124, 12, content?.length ?? 0);
  number(block, 136, 12, modified);
  block.write(TYPES[type], 156);
  field(block, 157, 100, target);
  block.write('ustar\x0000', 257, 'latin1');
  field(block, 265, 32, 'root');
  field(block, 297, 32, 'root');
  checksum(block);
  return block;
}

function field(block, offset, size, text) {
  if (Buffer.byteLength(text) > size) throw new Error(`too long for a tar header: ${text}`);
  block.write(text, offset);
}

const number = (block, offset, size, value) => block.write(value.toString(8).padStart(size - 1, '0'), offset);

/** The sum of all bytes, taken with the checksum's own field full of spaces. */
function checksum(block) {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

const padded = (content) => [content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
