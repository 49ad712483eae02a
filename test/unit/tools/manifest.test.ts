// The check of the manifest against the code: it finds each kind of breach, and nothing in the manifest as it is.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { brokenManifest } from '../../../tools/checks/manifest.mjs';
import { inRepository } from '../../support/repository.js';

const text = fs.readFileSync(inRepository('package.json'), 'utf8');
const strings = JSON.parse(fs.readFileSync(inRepository('package.nls.json'), 'utf8')) as Record<string, string>;

const breaches: Readonly<Record<string, readonly [from: string, to: string]>> = {
  'a key bound to nothing of ours': [
    '"command": "bulkhead.container.rename",\n              "args"',
    '"command": "bulkhead.container.renam",\n              "args"',
  ],
  'a condition on a key that nobody sets': ["bulkhead.helper == 'notInstalled'", "bulkhead.helpr == 'notInstalled'"],
  'a walkthrough that waits for such a key': ['onContext:bulkhead.tour.image', 'onContext:bulkhead.tour.picture'],
};

test('the manifest as it is passes', () => {
  assert.deepEqual([...brokenManifest(text, strings)], []);
});

for (const [breach, [from, to]] of Object.entries(breaches)) {
  test(`${breach} is found`, () => {
    assert.ok(text.includes(from), from);
    assert.equal([...brokenManifest(text.replace(from, to), strings)].length, 1);
  });
}

test('a link to a command that is not there is found', () => {
  const welcome = { ...strings, 'welcome.down': 'It is down. [Start it](command:bulkhead.helper.begin)' };
  assert.deepEqual([...brokenManifest(text, welcome)], ['welcome.down links to bulkhead.helper.begin, which is not contributed']);
});
