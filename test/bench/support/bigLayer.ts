// A layer of one big file, made at once: as many gzip members as it takes, each the same piece of text.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { inRepository } from '../../support/repository.js';
import { tarOf } from '../../support/tarBuilder.js';
import type { Layer } from './realImage.js';

const PIECE_BYTES = 64 * 2 ** 20;
const END = Buffer.alloc(1024);

/** `bytes`: of the file; a multiple of 64 MiB, less than 8 GiB. */
export function bigLayer(bytes: number): Layer {
  const text = fs.readFileSync(inRepository('package-lock.json'));
  const piece = Buffer.alloc(PIECE_BYTES, text);
  const header = tarOf([{ name: 'big', size: bytes }]).subarray(0, 512);
  const pieces = Array.from({ length: bytes / PIECE_BYTES }, () => piece);
  const member = gzipSync(piece, { level: 1 });
  const blob = Buffer.concat([gzipSync(header), ...pieces.map(() => member), gzipSync(END)]);
  return { blob, digest: digestOf([blob]), diffId: digestOf([header, ...pieces, END]), tarBytes: bytes };
}

function digestOf(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}
