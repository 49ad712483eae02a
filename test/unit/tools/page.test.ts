// The README as the extension's page shows it, which loads nothing from files.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { extensionPage } from '../../../tools/package/page.mjs';
import { inRepository } from '../../support/repository.js';

const places = { folder: inRepository('.'), repository: 'https://example.org/o/r' };

test('pictures are in it as data, links lead to the repository, and what is elsewhere stays', () => {
  const page = extensionPage('![a b](media/icon.png) [c](docs/using.md#d) [e](https://example.org) [f](#g)', places);
  const data = fs.readFileSync(inRepository('media/icon.png')).toString('base64');
  assert.equal(page, `![a b](data:image/png;base64,${data}) [c](https://example.org/o/r/blob/HEAD/docs/using.md#d) [e](https://example.org) [f](#g)`);
  assert.throws(() => extensionPage('![a](media/icon.svg)', places), /only PNG/);
});

test('nothing of the real one is a file', () => {
  const page = extensionPage(fs.readFileSync(inRepository('README.md'), 'utf8'), places);
  const targets = [...page.matchAll(/\]\(([^)]*)\)/g)].map(([, target]) => target ?? '');
  assert.ok(targets.length > 5);
  assert.deepEqual(
    targets.filter((target) => !/^(https:|data:image\/png;|#)/.test(target)),
    [],
  );
});

test('what the documents link to is there', () => {
  for (const file of [
    'README.md',
    'CONTRIBUTING.md',
    ...fs.readdirSync(inRepository('docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ]) {
    const folder = file.includes('/') ? 'docs' : '.';
    for (const [, target = ''] of fs.readFileSync(inRepository(file), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g))
      if (!/^\w+:/.test(target)) assert.ok(fs.existsSync(inRepository(folder, target)), `${file}: ${target}`);
  }
});
