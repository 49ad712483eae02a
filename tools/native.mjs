// Builds the native half by node-gyp: Release (addon, bulkhead-init, bulkhead-runtime) and Debug, which is the sanitized tests.
// Each is skipped while all that it is made from is unchanged.
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from './repository.mjs';
import { run } from './run.mjs';
import { unlessDone } from './stamp.mjs';

const PRODUCTS = ['bulkhead.node', 'bulkhead-init', 'bulkhead-runtime'];

export async function buildNative() {
  await built('Release', ['native'], PRODUCTS, async () => {
    await nodeGyp('configure');
    await nodeGyp('build', ...jobs(), 'bulkhead', 'bulkhead-init', 'bulkhead-runtime');
  });
}

/** Resolves to the path of the native tests' executable. */
export async function buildSanitized() {
  await built('Debug', ['native', 'test/native'], ['native-tests'], async () => {
    await nodeGyp('configure', '--debug');
    await nodeGyp('build', '--debug', ...jobs(), 'native-tests');
  });
  return inRepository('native/build/Debug/native-tests');
}

async function built(configuration, folders, products, build) {
  const stamp = `native/build/${configuration}.stamp`;
  const isThere = products.every((product) => fs.existsSync(inRepository('native/build', configuration, product)));
  if (!isThere) fs.rmSync(inRepository(stamp), { force: true });
  await unlessDone(stamp, folders, async () => {
    console.log(`native: building ${products.join(', ')}`);
    await build();
  });
}

async function nodeGyp(command, ...args) {
  const program = inRepository('node_modules/node-gyp/bin/node-gyp.js');
  await run(process.execPath, [program, command, '--directory=native', '--loglevel=warn', ...headers(), ...args]);
}

const jobs = () => ['--jobs', process.env.BULKHEAD_JOBS ?? 'max'];

/** Node's own headers where they are installed beside it, else node-gyp's choice (which downloads them). */
function headers() {
  const prefix = path.resolve(process.execPath, '../..');
  return fs.existsSync(path.join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}
