// The bundle of the strings that translators start from holds what the sources say, no more and no less.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { inRepository } from '../../support/repository.js';

test('l10n/bundle.l10n.json is up to date (npx @vscode/l10n-dev export --outDir l10n extension)', () => {
  const names = fs.readdirSync(inRepository('extension'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const used = new Set(names.flatMap((name) => stringsOf(fs.readFileSync(inRepository('extension', name), 'utf8'))));
  const bundle = Object.keys(JSON.parse(fs.readFileSync(inRepository('l10n/bundle.l10n.json'), 'utf8')) as object);
  assert.deepEqual(bundle.sort(), [...used].sort());
  assert.ok(used.size > 100);
});

/** The first argument of every `l10n.t`, which must be a literal: VS Code looks translations up by it. */
function stringsOf(source: string): string[] {
  return [...source.matchAll(/\bl10n\.t\(\s*(.)((?:[^\\]|\\.)*?)\1/gs)].map(([, quote = '', text = '']) => {
    assert.ok(quote === "'" || quote === '"', `l10n.t must be given a literal: ${quote}${text.slice(0, 40)}`);
    return text.replace(/\\(.)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  });
}
