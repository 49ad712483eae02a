// The settings that the tools write for VS Code: what is asked for now counts, what the user has written stays.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { ownData } from '../../../tools/start/desktop.mjs';
import { changeSettings, writeSettings } from '../../../tools/vscode/settings.mjs';

function temporary(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-settings-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

const read = (...parts: readonly string[]): unknown => JSON.parse(fs.readFileSync(path.join(...parts), 'utf8'));

test('a later run with another socket leads to that one', (t) => {
  const folder = temporary(t);
  for (const socket of ['/run/custom.sock', '/run/bulkhead/helper.sock']) {
    writeSettings(folder, { 'bulkhead.socketPath': socket });
    assert.deepEqual(read(folder, 'Machine/settings.json'), { 'bulkhead.socketPath': socket });
    const user = read(folder, 'User/settings.json') as Record<string, unknown>;
    assert.deepEqual([user['bulkhead.socketPath'], user['workbench.startupEditor']], [socket, 'none']);
  }
});

test('a setting is changed in its place, or added; comments and other settings stay', (t) => {
  const file = path.join(temporary(t), 'settings.json');
  const lines = ['{', '  // mine', '  "a.b": "x \\" y", // this one', '  "aXb": [1],', '}'];
  fs.writeFileSync(file, lines.join('\n'));
  changeSettings(file, { 'a.b': 'z $& z', c: true });
  const expected = ['{', '  "c": true,', '  // mine', '  "a.b": "z $& z", // this one', '  "aXb": [1],', '}'];
  assert.equal(fs.readFileSync(file, 'utf8'), expected.join('\n'));
  fs.writeFileSync(file, '{}');
  changeSettings(file, { c: 1 });
  assert.deepEqual(read(file), { c: 1 });
});

test('a desktop keeps its user’s settings, unless they lead to another helper', (t) => {
  const folder = temporary(t);
  const standard = { socketPath: '/run/bulkhead/helper.sock', isStandard: true };
  assert.deepEqual(ownData(standard, folder, 1000), []);
  assert.deepEqual(ownData({ socketPath: '/run/custom.sock', isStandard: false }, folder, 1000), [`--user-data-dir=${folder}/user`]);
  assert.deepEqual(read(folder, 'user/User/settings.json'), { 'bulkhead.socketPath': '/run/custom.sock' });
  assert.deepEqual(ownData(standard, folder, 0), ['--no-sandbox', `--user-data-dir=${folder}/root`]);
});
