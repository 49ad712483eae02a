// npm start: sets the machine up, builds, sees to it that a helper serves and has the embedded image, and opens VS Code with
// the extension: the desktop's where there is one, else one in the browser. Ctrl-C ends what was started here; containers go on.
import { pathToFileURL } from 'node:url';
import { IMAGE_NAME, IMAGE_PATH } from './image.mjs';
import { inRepository } from './repository.mjs';
import { run } from './run.mjs';
import { ensureHelper } from './start/helper.mjs';
import { helperPlaces } from './start/places.mjs';
import { openDesktop, hasDesktop } from './start/desktop.mjs';
import { openInBrowser } from './start/browser.mjs';

const started = [];
const interrupted = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal));
});

try {
  await run(process.execPath, ['tools/setup.mjs']);
  await run(process.execPath, ['tools/build.mjs', '--no-types', 'extension', 'helper', 'tools']);
  if (!hasDesktop()) await run(process.execPath, ['tools/package.mjs']);
  const places = helperPlaces();
  started.push(await ensureHelper(places));
  const { ensureImage } = await import(pathToFileURL(inRepository('build/tools/images.js')).href);
  await ensureImage(places.socketPath, IMAGE_PATH, IMAGE_NAME);
  started.push(hasDesktop() ? await openDesktop(places) : await openInBrowser(places));
  console.log('Ctrl-C ends what was started here; containers go on.');
  const ended = await Promise.race([interrupted, ...started.map((part) => part.ended)]);
  if (!/^SIG/.test(ended)) console.error(`start: ${ended}`);
} catch (error) {
  console.error(`start: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const part of started.reverse()) await part.stop();
}
