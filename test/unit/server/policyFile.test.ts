// The policy in force when its file can't be looked at: root alone, and the helper goes on.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { PolicyFile } from '../../../helper/server/policyFile.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

test('a path that leads nowhere admits root alone, and a mended one everybody again', (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-policy-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'etc', 'policy.json');
  const policy = new PolicyFile(file, quiet);
  const ann = { uid: 1000, gid: 1000, groups: [] };
  const root = { uid: 0, gid: 0, groups: [] };
  assert.equal(policy.roleOf(ann), 'user');
  // ELOOP.
  fs.symlinkSync('etc', path.join(directory, 'etc'));
  assert.deepEqual([policy.roleOf(ann), policy.roleOf(root)], [null, 'admin']);
  fs.rmSync(path.join(directory, 'etc'));
  assert.equal(policy.roleOf(ann), 'user');
});
