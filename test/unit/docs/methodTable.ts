// The table of methods as Markdown, from the schemas.
import { z } from 'zod';
import { methods, type MethodName } from '../../../protocol/methods.js';

export function methodTable(): string {
  const rows = (Object.keys(methods) as MethodName[]).map(row);
  return ['| method | params | result | audited | |', '|---|---|---|---|---|', ...rows].join('\n');
}

function row(name: MethodName): string {
  const { params, result, mutates, doc } = methods[name];
  return `| \`${name}\` | ${fields(params, 'input')} | ${fields(result, 'output')} | ${mutates ? 'yes' : ''} | ${doc} |`;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

/** The names of an object's members, those that may be left out with a question mark. */
function fields(schema: z.ZodType, io: 'input' | 'output'): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
  const names = Object.keys(properties).map((name) => `\`${name}${required.includes(name) || io === 'output' ? '' : '?'}\``);
  return names.length > 8 ? `${names.slice(0, 6).join(' ')} …` : names.join(' ') || '–';
}
