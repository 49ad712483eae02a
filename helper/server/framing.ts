// Bytes of a connection → bodies of messages (the base protocol of the Language Server Protocol), with every size capped before
// anything is kept. Anything out of the ordinary ends the connection: where one message ended is not known any more then.
import { CONNECTION_LIMITS } from '../policy/limits.js';

export class FramingError extends Error {
  override readonly name = 'FramingError';
}

export class Framer {
  private chunks: Buffer[] = [];
  private size = 0;
  /** Of the message whose header has been read. */
  private bodyBytes: number | null = null;

  /** Holds at most one chunk more than the caps: who pushes stops when {@link next} has given a message. */
  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The next whole body; null: more bytes are needed. Throws {@link FramingError}. */
  next(): Buffer | null {
    this.bodyBytes ??= this.takeHeader();
    if (this.bodyBytes === null || this.size < this.bodyBytes) return null;
    const body = this.take(this.bodyBytes);
    this.bodyBytes = null;
    return body;
  }

  /** Whether a message has begun: the rest of it is due. */
  get isPartial(): boolean {
    return this.size > 0 || this.bodyBytes !== null;
  }

  private takeHeader(): number | null {
    const start = this.peek(CONNECTION_LIMITS.headerBytes);
    const end = start.indexOf(HEADER_END);
    if (end >= 0) {
      this.take(end + HEADER_END.length);
      return contentLength(start.toString('latin1', 0, end));
    }
    if (start.length >= CONNECTION_LIMITS.headerBytes) throw new FramingError(`the header is longer than ${CONNECTION_LIMITS.headerBytes} bytes`);
    return null;
  }

  private peek(bytes: number): Buffer {
    const [first] = this.chunks;
    if (first !== undefined && (this.chunks.length === 1 || first.length >= bytes)) return first.subarray(0, bytes);
    return Buffer.concat(this.chunks, Math.min(bytes, this.size));
  }

  private take(bytes: number): Buffer {
    const whole = this.chunks.length === 1 && this.chunks[0] !== undefined ? this.chunks[0] : Buffer.concat(this.chunks, this.size);
    const rest = whole.subarray(bytes);
    this.chunks = rest.length === 0 ? [] : [rest];
    this.size = rest.length;
    return whole.subarray(0, bytes);
  }
}

const HEADER_END = Buffer.from('\r\n\r\n');

/** Exactly one Content-Length, in plain decimal; a Content-Type is allowed and means nothing. */
function contentLength(header: string): number {
  let length: number | null = null;
  for (const line of header.split('\r\n')) {
    const [, digits] = /^Content-Length: ?(0|[1-9][0-9]{0,8})$/i.exec(line) ?? [];
    if (digits === undefined) {
      if (!/^Content-Type: ?[!-~ ]{0,100}$/i.test(line)) throw new FramingError('a header that is not Content-Length: <decimal digits>');
    } else if (length !== null) throw new FramingError('two Content-Length headers');
    else length = Number(digits);
  }
  if (length === null) throw new FramingError('no Content-Length');
  if (length > CONNECTION_LIMITS.messageBytes) throw new FramingError(`a message of ${length} bytes; at most ${CONNECTION_LIMITS.messageBytes} are taken`);
  return length;
}
