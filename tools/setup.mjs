// Makes a fresh Linux machine ready: system packages, npm packages, the native build, the embedded image. Says what it is
// about to do, and does nothing twice. usage: node tools/setup.mjs [--tests] [--bench]: what only the tests, or only the measurements, need besides
import { buildImage } from './image.mjs';
import { buildNative } from './native.mjs';
import { checkMachine } from './setup/machine.mjs';
import { installNpmPackages } from './setup/npmPackages.mjs';
import { installSystemPackages } from './setup/systemPackages.mjs';

try {
  checkMachine();
  await installSystemPackages(['tests', 'bench'].filter((kind) => process.argv.includes(`--${kind}`)));
  await installNpmPackages();
  await buildNative();
  await buildImage();
} catch (error) {
  console.error(`set-up: ${error.message}`);
  process.exitCode = 1;
}
