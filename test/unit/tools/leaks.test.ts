// The leak check sees what is left behind, and stops seeing it when it is gone.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { leaked, traces } from '../../support/leaks.js';

test('a directory and a socket are seen until they are gone', async () => {
  const before = traces();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-leak-'));
  const socketPath = path.join(folder, 'helper.sock');
  const server = net.createServer().listen(socketPath);
  const found = await leaked(before, 200);
  server.close();
  fs.rmSync(folder, { recursive: true });
  assert.ok(found.includes(`directory ${folder}`), found.join('\n'));
  assert.ok(found.includes(`socket ${socketPath}`), found.join('\n'));
  const left = await leaked(before, 200);
  assert.ok(!left.some((line) => line.includes(folder)), left.join('\n'));
});
