// The scalars that every schema is made of. Each has a bound: what has none can't be sent.
import { z } from 'zod';

const NUL = '\0';

/** A string without NUL, at most `max` UTF-16 code units. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((s) => !s.includes(NUL), 'must not contain NUL');

/** As {@link text}, and not empty. */
export const nonEmpty = (max: number) => text(max).min(1);

/** A whole number in `[min, max]`. */
export const integer = (min: number, max: number) => z.number().int().min(min).max(max);

/** 64 lower-case hexadecimal digits. */
export const containerId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'ContainerId'>();
export type ContainerId = z.infer<typeof containerId>;

/** The digest of an image's manifest. */
export const imageId = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .brand<'ImageId'>();
export type ImageId = z.infer<typeof imageId>;

/** 32 lower-case hexadecimal digits. */
export const execId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<'ExecId'>();
export type ExecId = z.infer<typeof execId>;

/** Redeemed once, by the uid that it was given to, within 30 s, as the preface of a stream connection. */
export const streamToken = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'StreamToken'>();
export type StreamToken = z.infer<typeof streamToken>;

/** What names a container in a request: its id, a unique prefix of it (4 digits or more), or its name. */
export const containerRef = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/);

/** Docker's grammar of container names. */
export const containerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{1,62}$/);

/** What names an image in a request: `name[:tag]`, `name@sha256:…`, or an id (`sha256:…`, or 12 or more digits of it). */
export const imageRef = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/);

/** A signal by its name (`SIGTERM`, `TERM`) or number. */
export const signal = z.union([z.string().regex(/^(SIG)?[A-Z0-9+-]{2,12}$/), integer(1, 64)]);

export const terminalSize = z.strictObject({ rows: integer(1, 1000), columns: integer(1, 1000) });
export type TerminalSize = z.infer<typeof terminalSize>;

/** Milliseconds since 1970, by the helper's clock. */
export const timestampMs = z.number().int().nonnegative();

export const labels = z.record(nonEmpty(256), text(4096)).refine((r) => Object.keys(r).length <= 128, 'at most 128 labels');
