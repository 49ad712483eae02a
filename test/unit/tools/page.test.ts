// The README as the extension’s page shows it, which loads nothing from files; and that what documents link to is there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { extensionPage } from '../../../tools/package/page.mjs';
import { inRepository } from '../../support/repository.js';

const REPOSITORY = 'https://example.org/o/r';

test('pictures are left out with their table, links lead to the repository, what is elsewhere stays', () => {
  const page = extensionPage(
    '# a\n\n![b c](d.png)\n\ne\n\n| | |\n|---|---|\n| ![f](g.png) | ![h](i.png) |\n\n[j](docs/k.md#l) [m](https://n) [o](#p)\n',
    REPOSITORY,
  );
  assert.equal(page, `# a\n\ne\n\n[j](${REPOSITORY}/blob/HEAD/docs/k.md#l) [m](https://n) [o](#p)\n`);
});

test('the real one keeps its words, and nothing in it is a file', () => {
  const readme = fs.readFileSync(inRepository('README.md'), 'utf8');
  const page = extensionPage(readme, REPOSITORY);
  assert.doesNotMatch(page, /!\[|\.png|\|---/);
  const headings = (text: string) => text.match(/^#.*$/gm);
  assert.deepEqual(headings(page), headings(readme));
  for (const [, target] of page.matchAll(/\]\(([^)]*)\)/g)) assert.match(target ?? '', /^(https:|#)/);
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
