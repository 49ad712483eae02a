// What others wrote and the package carries is named with its licence: packages that are bundled, and what is linked statically.
import assert from 'node:assert/strict';
import test from 'node:test';
import { notices } from '../../../tools/notices.mjs';
import { requires } from '../../support/world.js';

const heading = (name: string) => new RegExp(`^=+\\n${name}\\n=+$`, 'm');

test('names the packages that are bundled', () => {
  const text = notices(['node_modules/zod/index.js', 'extension/main.ts']);
  for (const name of ['zod', 'node-addon-api', 'minizlib']) assert.match(text, heading(name));
  assert.doesNotMatch(text, heading('typescript'));
});

test('names whose archives the compiler links, with the whole of their licences', requires('debian'), () => {
  const text = notices([]);
  for (const name of ['libseccomp-dev', 'libzstd-dev', 'libstdc\\+\\+-\\d+-dev', 'libgcc-\\d+-dev', 'musl-dev', 'libc6-dev', 'rapidjson-dev', 'busybox-static'])
    assert.match(text, heading(`${name} \\(the system's\\)`));
  for (const name of ['LGPL-2.1', 'GPL-2', 'GPL-3']) assert.match(text, heading(`/usr/share/common-licenses/${name}`));
  assert.match(text, /GCC RUNTIME LIBRARY EXCEPTION/i);
  assert.doesNotMatch(text, /as the distribution gives it/, 'a stub');
});
