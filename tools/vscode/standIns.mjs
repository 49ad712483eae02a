// Plain JavaScript in the place of two native packages that VS Code loads at every start, so that nothing has to be compiled:
// its logger (spdlog) and the watchdog of its processes.
import fs from 'node:fs';
import path from 'node:path';

export function writeStandIns(modules) {
  fs.writeFileSync(path.join(modules, '@vscode/native-watchdog/index.js'), WATCHDOG);
  fs.writeFileSync(path.join(modules, '@vscode/spdlog/index.js'), LOGGER);
}

const WATCHDOG = `exports.start = () => undefined;
exports.exit = (code) => process.exit(code ?? 0);
`;

const LOGGER = `const { appendFileSync, mkdirSync } = require('node:fs');
const { dirname } = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];

class Logger {
  constructor(_kind, name, file) {
    Object.assign(this, { name, file, level: LEVELS.indexOf('info'), isRaw: false });
    mkdirSync(dirname(file), { recursive: true });
  }
  write(level, text) {
    if (level < this.level) return;
    const line = this.isRaw ? text : new Date().toISOString() + ' [' + this.name + '] ' + text + '\\n';
    try {
      appendFileSync(this.file, line);
    } catch {
      // the folder of the logs is gone when VS Code ends
    }
  }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  clearFormatters() { this.isRaw = true; }
  setPattern() {}
  flush() {}
  drop() {}
}
LEVELS.forEach((name, level) => { Logger.prototype[name] = function (text) { this.write(level, text); }; });

const rotating = async (name, file) => new Logger('rotating', name, file);
// One assignment each: that is how an importing ES module finds the names.
exports.version = 1;
exports.LogLevel = { Trace: 0, Debug: 1, Info: 2, Warning: 3, Error: 4, Critical: 5, Off: 6 };
exports.Logger = Logger;
exports.createRotatingLogger = rotating;
exports.createAsyncRotatingLogger = rotating;
exports.setLevel = () => undefined;
exports.setFlushOn = () => undefined;
exports.shutdown = () => undefined;
`;
