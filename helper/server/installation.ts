// Root must not run code that somebody else can change: looks at every file that the helper is made of, and at each directory above.
import fs from 'node:fs';
import path from 'node:path';

/** What is wrong, as sentences; empty: nothing. A path that is not there is passed over. */
export function untrustedFiles(files: readonly string[]): readonly string[] {
  const places = new Set(files.filter((file) => fs.existsSync(file)).flatMap((file) => withParents(fs.realpathSync(file))));
  return [...places].sort().flatMap(fault);
}

/** What of the environment has told the loader or Node to load other code, or to write files: done before the first line of ours. */
export function untrustedEnvironment(environment: NodeJS.ProcessEnv, execArgv: readonly string[]): readonly string[] {
  const names = Object.keys(environment).filter((name) => DANGEROUS.test(name));
  const flags = execArgv.filter((flag) => /^--(inspect|debug|require|import|loader|experimental-loader|eval|env-file|openssl-config)/.test(flag));
  return [...names.map((name) => `the environment variable ${name} is set`), ...flags.map((flag) => `Node was started with ${flag}`)];
}

const DANGEROUS = /^(LD_\w+|GCONV_PATH|OPENSSL_(CONF|CONF_INCLUDE|ENGINES|MODULES)|NODE_(OPTIONS|PATH|COMPILE_CACHE|V8_COVERAGE|REDIRECT_WARNINGS|REPL_\w+))$/;

function withParents(file: string): readonly string[] {
  const parent = path.dirname(file);
  return parent === file ? [file] : [file, ...withParents(parent)];
}

function fault(place: string): readonly string[] {
  const { uid, mode } = fs.statSync(place);
  if (uid !== 0) return [`${place} belongs to uid ${uid}`];
  // In a sticky directory nobody can replace what is root's.
  const isSticky = (mode & 0o1000) !== 0;
  if ((mode & 0o022) !== 0 && !isSticky) return [`${place} can be written to by others than root (mode ${(mode & 0o7777).toString(8)})`];
  return [];
}
