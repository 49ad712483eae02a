// docs/protocol.md says what protocol/ says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { CONFIG_MAX_BYTES } from '../../../helper/engine/images/documents.js';
import { CONNECTION_LIMITS, HELPER_CONNECTIONS, IMAGE_LIMITS, SPEC_LIMITS, STREAM_TOKEN_LIFE_MS, UID_LIMITS } from '../../../helper/policy/limits.js';
import { FRAME_PAYLOAD_MAX, FrameType, STREAM_PREFACE } from '../../../protocol/streams.js';
import { inRepository } from '../../support/repository.js';
import { methodTable } from './methodTable.js';

const FILE = inRepository('docs', 'protocol.md');
const SECTION = /(<!-- methods:[^\n]*-->\n)([\s\S]*?)(<!-- \/methods -->)/;

test('the table of methods is that of the schemas', () => {
  if (process.env['BULKHEAD_UPDATE_GOLDEN'] === '1') {
    fs.writeFileSync(
      FILE,
      fs.readFileSync(FILE, 'utf8').replace(SECTION, (_, start: string, __, end: string) => `${start}\n${methodTable()}\n\n${end}`),
    );
  }
  const [, , table] = SECTION.exec(fs.readFileSync(FILE, 'utf8')) ?? [];
  assert.equal(table?.trim(), methodTable(), 'BULKHEAD_UPDATE_GOLDEN=1 writes it anew');
});

test('every error code, frame type and bound is in it', () => {
  const text = fs.readFileSync(FILE, 'utf8');
  const errors = fs.readFileSync(inRepository('protocol', 'errors.ts'), 'utf8');
  for (const [, code] of errors.matchAll(/\| '([A-Z_]+)'/g)) assert.ok(text.includes(`| \`${code ?? ''}\` |`), code);
  for (const [name, value] of Object.entries(FrameType).filter(([, value]) => typeof value === 'number')) {
    assert.ok(text.includes(`${String(value)} ${name.toUpperCase()}`), name);
  }
  assert.ok(text.includes(STREAM_PREFACE));
  for (const bound of [
    `| a message | ${CONNECTION_LIMITS.messageBytes / 2 ** 20} MiB |`,
    `| a header block | ${CONNECTION_LIMITS.headerBytes} bytes |`,
    `| ${CONNECTION_LIMITS.messageDepth}, ${CONNECTION_LIMITS.messageValues.toLocaleString('en')} |`,
    `| ${CONNECTION_LIMITS.messageTimeoutMs / 1000} s |`,
    `| ${CONNECTION_LIMITS.firstLineTimeoutMs / 1000} s |`,
    `| ${CONNECTION_LIMITS.requestsInFlight}, ${UID_LIMITS.requestsInFlight} |`,
    `| ${CONNECTION_LIMITS.unreadBytes / 2 ** 20} MiB, ${UID_LIMITS.unreadBytes / 2 ** 20} MiB |`,
    `| ${CONNECTION_LIMITS.stalledMs / 1000} s |`,
    `beside its own | ${UID_LIMITS.containers}, ${UID_LIMITS.execsPerContainer} |`,
    `| ${SPEC_LIMITS.bytes / 2 ** 10} KiB, ${SPEC_LIMITS.labelBytes / 2 ** 10} KiB, ${UID_LIMITS.specBytes / 2 ** 20} MiB |`,
    `| ${IMAGE_LIMITS.maxUploadBytes / 2 ** 30} GiB, ${IMAGE_LIMITS.maxImportImages}, ${IMAGE_LIMITS.maxNames} |`,
    `| ${IMAGE_LIMITS.maxImportDocumentBytes / 2 ** 20} MiB, ${CONFIG_MAX_BYTES / 2 ** 20} MiB |`,
    `| ${IMAGE_LIMITS.maxImages}, ${IMAGE_LIMITS.maxNames}, ${IMAGE_LIMITS.maxImports} |`,
    `| ${IMAGE_LIMITS.maxOwnerBytes / 2 ** 30} GiB, ${IMAGE_LIMITS.maxOwnerDocumentBytes / 2 ** 20} MiB |`,
    `| ${UID_LIMITS.connections}, ${HELPER_CONNECTIONS.all} |`,
    `| unused stream tokens of a uid | ${UID_LIMITS.streamTokens} |`,
    `within ${STREAM_TOKEN_LIFE_MS / 1000} s`,
    `${FRAME_PAYLOAD_MAX / 1024} KiB at most`,
  ]) {
    assert.ok(text.includes(bound), bound);
  }
});
