// A container's log, as the helper streams it (CRI format), cut into records. Works on bytes: a record may end inside a character.

export interface LogRecord {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly source: 'stdout' | 'stderr';
  /** The line goes on in the next record of the same source. */
  readonly isPartial: boolean;
  readonly bytes: Buffer;
}

const LINE_FEED = 0x0a;
const SPACE = 0x20;

export class LogDecoder {
  private rest: Buffer = Buffer.alloc(0);

  /** The records that are complete with this chunk. What is no record is left out: a log may have been cut by a crash. */
  push(chunk: Buffer): LogRecord[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const records: LogRecord[] = [];
    let at = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, at)) {
      const record = recordOf(bytes.subarray(at, end));
      if (record !== undefined) records.push(record);
      at = end + 1;
    }
    this.rest = bytes.subarray(at);
    return records;
  }
}

function recordOf(line: Buffer): LogRecord | undefined {
  const timeEnd = line.indexOf(SPACE);
  const sourceEnd = line.indexOf(SPACE, timeEnd + 1);
  const tagEnd = line.indexOf(SPACE, sourceEnd + 1);
  if (timeEnd === -1 || sourceEnd === -1 || tagEnd === -1) return undefined;
  const source = line.toString('latin1', timeEnd + 1, sourceEnd);
  const tag = line.toString('latin1', sourceEnd + 1, tagEnd);
  if ((source !== 'stdout' && source !== 'stderr') || (tag !== 'F' && tag !== 'P')) return undefined;
  return { time: line.toString('latin1', 0, timeEnd), source, isPartial: tag === 'P', bytes: line.subarray(tagEnd + 1) };
}
