// Bulk bytes: a second connection to the same socket. Its first line is the preface; what follows is frames.
//
//   client                          helper                         monitor of the container
//     │ connect                        │                                │
//     │ BULKHEAD-STREAM/1 <token>\n ──▶│ checks token, uid, age         │
//     │  (and nothing more yet)        │ attach/exec: passes the ──────▶│ (SCM_RIGHTS)
//     │                                │ connection on and forgets it   │
//     │◀──────────────────────────────────────────── READY frame ───────│
//     │◀────────── STDOUT, STDERR, … frames, STDIN, RESIZE ────────────▶│
//
// attach and exec speak frames; logs and uploads are raw bytes once READY (or ERROR) has come.
// A frame is Docker's stream header (Engine API, "Stream format"): type, three zero bytes, length (big-endian u32), payload.

export const STREAM_PREFACE = 'BULKHEAD-STREAM/1 ';
export const FRAME_HEADER_BYTES = 8;
/** A longer payload ends the connection. */
export const FRAME_PAYLOAD_MAX = 64 * 1024;

export enum FrameType {
  /** Client → monitor. An empty payload closes the process's standard input. */
  Stdin = 0,
  /** Monitor → client; a terminal's output too. */
  Stdout = 1,
  Stderr = 2,
  /** Client → monitor: rows and columns, big-endian u16 each. */
  Resize = 3,
  /** Monitor → client, last: exit code (u8), signal (u8, 0: none), out of memory (u8), a zero byte. */
  Exit = 4,
  /** Helper or monitor → client, first: the connection is taken. No payload. */
  Ready = 5,
  /** Instead of Ready: UTF-8 text `CODE: reason`; the connection ends. */
  Error = 6,
  /** Client → monitor: one signal number (u8), sent to the process's foreground group (terminal) or the process. */
  Signal = 7,
}

/** A log stream's lines are in the CRI format: `<RFC 3339 time with nanoseconds> <stdout|stderr> <F|P> <bytes>\n`; P: the line goes on in the next record. */
export const LOG_LINE = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s;
