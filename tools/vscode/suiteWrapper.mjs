// The program that the extension host runs in place of the suite: it runs the suite, keeps its output apart from the window's
// own, and says in a file how it ended. Without that file nothing passed: VS Code reports 0 when its extension host dies.
import fs from 'node:fs';

/** Writes the wrapper of the suite at `tests`, a CommonJS or ES module with `run()`. */
export function writeSuiteWrapper(file, { tests, resultFile, outputFile }) {
  const names = { TESTS: tests, RESULT: resultFile, OUTPUT: outputFile };
  const constants = Object.entries(names).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`);
  fs.writeFileSync(file, `${constants.join('\n')}\n${PROGRAM}`);
}

const PROGRAM = `const fs = require('node:fs');
const { format } = require('node:util');
const { pathToFileURL } = require('node:url');

for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
  const value = (...words) => fs.appendFileSync(OUTPUT, format(...words) + '\\n');
  Object.defineProperty(console, level, { value, writable: true, configurable: true });
}

exports.run = async () => {
  try {
    const suite = await import(pathToFileURL(TESTS).href);
    await (suite.run ?? suite.default.run)();
    fs.writeFileSync(RESULT, 'passed');
  } catch (error) {
    console.error(error);
    fs.writeFileSync(RESULT, 'failed');
    throw error;
  }
};
`;
