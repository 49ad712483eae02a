// The npm packages of package-lock.json: installs them where what is there differs from it.
import fs from 'node:fs';
import { inRepository } from '../repository.mjs';
import { run } from '../run.mjs';

export async function installNpmPackages() {
  if (isUpToDate()) return;
  console.log('set-up: installing npm packages (npm ci)');
  await run('npm', ['ci', '--no-audit', '--no-fund']);
}

/** npm writes what it has installed to node_modules/.package-lock.json. */
function isUpToDate() {
  const installed = packagesOf('node_modules/.package-lock.json');
  const wanted = packagesOf('package-lock.json');
  return Object.entries(wanted).every(([folder, { version, optional }]) => folder === '' || optional || installed[folder]?.version === version);
}

function packagesOf(file) {
  return fs.existsSync(inRepository(file)) ? JSON.parse(fs.readFileSync(inRepository(file), 'utf8')).packages : {};
}
