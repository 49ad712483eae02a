// What is on disk: whole or not there, checked when read, refused when it is not understood.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import { readDocument, UnreadableDocument } from '../../../helper/store/document.js';
import { writeAtomically } from '../../../helper/store/files.js';
import { readIndex, writeIndex, type IndexEntry } from '../../../helper/store/imageIndex.js';
import { Paths } from '../../../helper/store/paths.js';

describe('documents', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'bulkhead-unit-'));
    file = path.join(folder, 'record.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const schema = z.strictObject({ version: z.literal(1), name: z.string() });
  const unreadable = (reason: RegExp) => (error: unknown) => error instanceof UnreadableDocument && reason.test(error.reason);

  test('a document is written as a whole, for root alone, and read back', async () => {
    await writeAtomically(file, '{"version":1,"name":"a"}');
    assert.deepEqual(await readDocument(file, 1, schema), { version: 1, name: 'a' });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['record.json']);
  });

  test('a write that fails leaves the old document and no other file', async () => {
    await writeAtomically(file, 'old');
    await assert.rejects(writeAtomically(path.join(file, 'below'), 'new'));
    await assert.rejects(writeAtomically(folder, 'new'));
    assert.equal(await readFile(file, 'utf8'), 'old');
    assert.deepEqual(await readdir(folder), ['record.json']);
  });

  test('what is not understood is refused, and stays as it is', async () => {
    const documents: readonly (readonly [string, RegExp])[] = [
      ['{"version":2,"name":"a"}', /newer/],
      ['{"name":"a"}', /version/],
      ['{"version":1,"name":7}', /name/],
      ['{"version":1,"name":"a","extra":1}', /Unrecognized/],
      ['{', /JSON/],
      ['', /JSON/],
    ];
    for (const [text, reason] of documents) {
      await writeFile(file, text);
      await assert.rejects(readDocument(file, 1, schema), unreadable(reason), text);
      assert.equal(await readFile(file, 'utf8'), text);
    }
    await rm(file);
    await assert.rejects(readDocument(file, 1, schema), unreadable(/ENOENT/));
  });

  test('the image index comes back as it was, and is an OCI index', async () => {
    const entry: IndexEntry = {
      digest: `sha256:${'a'.repeat(64)}`,
      sizeBytes: 7,
      mediaType: 'application/x',
      ownerUid: 1000,
      importedMs: 123,
      reference: 'a:b',
    };
    const entries = [entry, { ...entry, ownerUid: 0, reference: null }];
    await writeIndex(file, entries);
    assert.deepEqual(await readIndex(file), entries);
    const document = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    assert.equal(document['schemaVersion'], 2);
    assert.equal(document['mediaType'], 'application/vnd.oci.image.index.v1+json');
  });

  test('an absent image index is empty; a strange one is refused', async () => {
    assert.deepEqual(await readIndex(file), []);
    await writeFile(file, '{"schemaVersion":2,"manifests":[]}');
    await assert.rejects(readIndex(file), UnreadableDocument);
  });

  test('a path is only made of a checked digest', () => {
    const paths = new Paths('/data', '/state');
    assert.throws(() => paths.blob('sha256:../../etc/passwd'));
    assert.throws(() => paths.layer(`sha256:${'A'.repeat(64)}`));
    assert.equal(paths.blob(`sha256:${'a'.repeat(64)}`), `/data/images/blobs/sha256/${'a'.repeat(64)}`);
  });
});
