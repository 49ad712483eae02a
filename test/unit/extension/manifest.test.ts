// What a workspace may not decide, by the scopes of the settings.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { inRepository } from '../../support/repository.js';

interface Manifest {
  readonly contributes: { readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope?: string }>> } };
}

test('which registries are asked and how, and where the helper is, are settings of the machine alone', () => {
  const { contributes } = JSON.parse(fs.readFileSync(inRepository('package.json'), 'utf8')) as Manifest;
  const settings = Object.entries(contributes.configuration.properties).filter(([name]) => /^bulkhead\.(registries\.|socketPath$)/.test(name));
  assert.equal(settings.length, 6);
  for (const [name, { scope }] of settings) assert.equal(scope, 'machine', name);
});
