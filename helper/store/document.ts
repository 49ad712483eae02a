// Versioned JSON documents: `{ "version": n, … }`, checked by a schema when read. One that can't be read, or that a newer
// version wrote, is refused and left as it is: nothing here ever overwrites what it could not understand.
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';

/** Says which file, and why; the file itself is untouched. */
export class UnreadableDocument extends Error {
  constructor(
    readonly file: string,
    readonly reason: string,
  ) {
    super(`${file}: ${reason}`);
    this.name = 'UnreadableDocument';
  }
}

/** Reads and checks `file`. Throws {@link UnreadableDocument}; an absent file too. */
export async function readDocument<S extends z.ZodType>(file: string, version: number, schema: S): Promise<z.output<S>> {
  const value = parse(file, await read(file));
  const found = versionOf(value);
  if (found === null) throw new UnreadableDocument(file, 'has no version');
  if (found > version) throw new UnreadableDocument(file, `was written by a newer version (${found}; this one knows ${version})`);
  const result = schema.safeParse(value);
  if (!result.success) throw new UnreadableDocument(file, firstIssue(result.error));
  return result.data;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UnreadableDocument(file, error instanceof Error ? error.message : String(error));
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableDocument(file, 'is not JSON');
  }
}

function versionOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('version' in value)) return null;
  return typeof value.version === 'number' ? value.version : null;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'does not fit' : `${issue.path.join('.')}: ${issue.message}`;
}
