// Bodies that are read as a whole, up to a bound.
import type { Answer } from './exchange.js';
import { connectionProblem, RegistryProblem } from './problems.js';

export async function readBody({ body, url }: Pick<Answer, 'body' | 'url'>, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > most) throw new RegistryProblem('malformed', url.host, `its answer is longer than ${most} bytes`);
    }
  } catch (error) {
    throw error instanceof RegistryProblem ? error : connectionProblem(url.host, error, false);
  }
  return Buffer.concat(parts);
}

/** Parsed as JSON. */
export async function readDocument(answer: Pick<Answer, 'body' | 'url'>, most: number): Promise<unknown> {
  const bytes = await readBody(answer, most);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RegistryProblem('malformed', answer.url.host, 'its answer is no JSON');
  }
}
