// Makes the platform's package, bulkhead-linux-x64.vsix, with the native half and the embedded image in it.
import fs from 'node:fs';
import { inRepository, repositoryRoot } from './repository.mjs';
import { run } from './run.mjs';

const VSIX = inRepository('bulkhead-linux-x64.vsix');

/** Without one of these it would install and then not work. */
const NEEDED = [
  'dist/extension/main.js',
  'dist/helper/main.js',
  'dist/image/busybox.tar',
  'native/build/Release/bulkhead.node',
  'native/build/Release/bulkhead-runtime',
  'dist/THIRD_PARTY_NOTICES.txt',
  'LICENSE',
  'README.md',
];

await run(process.execPath, ['tools/setup.mjs']);
// Not before: on a fresh checkout it is the setup that brings it.
const { createVSIX, listFiles, PackageManager } = await import('@vscode/vsce');
await run(process.execPath, ['tools/build.mjs', '--production', '--no-types', 'extension', 'helper']);
const files = await listFiles({ cwd: repositoryRoot, packageManager: PackageManager.None });
const missing = NEEDED.filter((file) => !files.includes(file));
if (missing.length > 0) throw new Error(`not in the package: ${missing.join(', ')}`);
await createVSIX({ cwd: repositoryRoot, packagePath: VSIX, target: 'linux-x64', dependencies: false });
console.log(`${VSIX}: ${files.length} files, ${(fs.statSync(VSIX).size / 2 ** 20).toFixed(1)} MiB`);
