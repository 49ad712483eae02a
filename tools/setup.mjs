// Makes a fresh Linux machine ready: system packages, npm packages, the native build, the embedded image. Says what it is
// about to do, and does nothing twice. usage: node tools/setup.mjs [--tests] (what only the tests need, too)
import { buildImage } from './image.mjs';
import { buildNative } from './native.mjs';
import { checkMachine } from './setup/machine.mjs';
import { installNpmPackages } from './setup/npmPackages.mjs';
import { installSystemPackages } from './setup/systemPackages.mjs';

try {
  checkMachine();
  await installSystemPackages({ forTests: process.argv.includes('--tests') });
  await installNpmPackages();
  await buildNative();
  await buildImage();
} catch (error) {
  console.error(`set-up: ${error.message}`);
  process.exitCode = 1;
}
