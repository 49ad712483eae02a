// Makes the platform's package, bulkhead-linux-x64.vsix, with the native half and the embedded image in it.
import fs from 'node:fs';
import { extensionPage } from './package/page.mjs';
import { inRepository, repositoryRoot } from './repository.mjs';
import { run } from './run.mjs';

const VSIX = inRepository('bulkhead-linux-x64.vsix');

/** Without one of these it would install and then not work. */
const NEEDED = [
  'dist/extension/main.js',
  'dist/helper/main.js',
  'dist/helper/registry.worker.js',
  'dist/image/busybox.tar',
  'native/build/Release/bulkhead.node',
  'native/build/Release/bulkhead-runtime',
  'dist/THIRD_PARTY_NOTICES.txt',
  'LICENSE',
  'dist/README.md',
];

await run(process.execPath, ['tools/setup.mjs']);
// Not before: on a fresh checkout it is the setup that brings it.
const { createVSIX, listFiles, PackageManager } = await import('@vscode/vsce');
await run(process.execPath, ['tools/build.mjs', '--production', '--no-types', 'extension', 'helper']);
writePage();
const options = { cwd: repositoryRoot, readmePath: 'dist/README.md' };
const files = await listFiles({ ...options, packageManager: PackageManager.None });
const missing = NEEDED.filter((file) => !files.includes(file));
if (missing.length > 0) throw new Error(`not in the package: ${missing.join(', ')}`);
// Its own links are as they shall be: see page.mjs.
await createVSIX({ ...options, packagePath: VSIX, target: 'linux-x64', dependencies: false, rewriteRelativeLinks: false });
console.log(`${VSIX}: ${files.length} files, ${(fs.statSync(VSIX).size / 2 ** 20).toFixed(1)} MiB`);

function writePage() {
  const { repository } = JSON.parse(fs.readFileSync(inRepository('package.json'), 'utf8'));
  const page = extensionPage(fs.readFileSync(inRepository('README.md'), 'utf8'), repository.url.replace(/\.git$/, ''));
  fs.writeFileSync(inRepository('dist/README.md'), page);
}
