// docs/security.md names files that are there: a rule whose proof has been moved or removed is noticed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { inRepository } from '../../support/repository.js';

test('every file that docs/security.md names is there', () => {
  const text = fs.readFileSync(inRepository('docs', 'security.md'), 'utf8');
  const named = [...text.matchAll(/`((?:helper|native|test|protocol)\/[^`\s]*)`/g)].flatMap(([, name]) => alternatives(name ?? ''));
  assert.ok(named.length > 40, `${named.length}`);
  assert.deepEqual(
    named.filter((name) => !fs.existsSync(inRepository(name))),
    [],
  );
});

test('every rule names what proves it', () => {
  const text = fs.readFileSync(inRepository('docs', 'security.md'), 'utf8');
  const rules = text.split('\n').filter((line) => /^\| .*`(helper|native)\//.test(line));
  assert.ok(rules.length > 15);
  for (const rule of rules) assert.match(rule, /`test\/[^`]+\.(test\.ts|cpp)`/);
});

test('every known attack has a test that bears its number, and every such test is listed', () => {
  const text = fs.readFileSync(inRepository('docs', 'security.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (T-[RI]\d\d): .* `([^`]+)` \|$/gm)].map(([, id = '', file = '']) => ({ id, file }));
  assert.deepEqual(
    rows.map(({ id }) => id),
    [...numbers('R', 24), ...numbers('I', 16).filter((id) => !NOT_YET.includes(id))],
  );
  for (const { id, file } of rows)
    assert.match(fs.readFileSync(inRepository(file), 'utf8'), new RegExp(`(test\\(['\`]|TEST_CASE\\(")${id}: `), `${id} in ${file}`);
});

/** About what Bulkhead does not do. */
const NOT_YET = ['T-I07', 'T-I11', 'T-I12', 'T-I16'];

const numbers = (kind: string, count: number): readonly string[] => Array.from({ length: count }, (_, i) => `T-${kind}${String(i + 1).padStart(2, '0')}`);

/** `a/{b,c}.ts` as both. */
function alternatives(name: string): readonly string[] {
  const [, start, list, end] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
  return start === undefined || list === undefined || end === undefined ? [name] : list.split(',').map((part) => `${start}${part}${end}`);
}

test('the helper starts no programs', () => {
  const files = fs.readdirSync(inRepository('helper'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  assert.ok(files.length > 50);
  const starting = files.filter((name) => /child_process|node:cluster|worker_threads/.test(fs.readFileSync(inRepository('helper', name), 'utf8')));
  assert.deepEqual(starting, []);
});
