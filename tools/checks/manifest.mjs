// The manifest against the code: every command that package.json contributes is registered, and every registered one contributed;
// every title is in package.nls.json; every file that the manifest names is there; key bindings and links run commands that exist, and
// `when` clauses read context keys that the code sets.
import fs from 'node:fs';
import { inRepository } from '../repository.mjs';

export function* brokenManifest(text = fs.readFileSync(inRepository('package.json'), 'utf8'), strings = stringsOf()) {
  const manifest = JSON.parse(text);
  const contributed = new Set((manifest.contributes?.commands ?? []).map(({ command }) => command));
  const code = sourcesOf('extension');
  for (const command of contributed) if (!code.includes(`'${command}'`)) yield `package.json contributes ${command}, which no code registers`;
  for (const [, command] of code.matchAll(/registerCommand\(\s*'([^']+)'/g))
    if (!contributed.has(command)) yield `${command} is registered, but package.json does not contribute it`;
  for (const { command } of menuItems(manifest))
    if (command !== undefined && !contributed.has(command)) yield `a menu shows ${command}, which is not contributed`;
  for (const command of boundCommands(manifest))
    if (isOurs(command) && !contributed.has(command)) yield `a key is bound to ${command}, which is not contributed`;
  for (const [key, value] of Object.entries(strings))
    for (const [, command] of value.matchAll(/\]\(command:([\w.]+)/g))
      if (isOurs(command) && !contributed.has(command)) yield `${key} links to ${command}, which is not contributed`;
  for (const key of contextKeys(manifest)) if (!code.includes(`'${key}'`)) yield `a condition reads ${key}, which no code sets`;
  yield* brokenStrings(text, strings);
  for (const [, file] of text.matchAll(/"(?:\.\/)?(media\/[^"]+)"/g))
    if (!fs.existsSync(inRepository(file))) yield `package.json names ${file}, which is not there`;
}

const isOurs = (command) => command.startsWith('bulkhead.');

function stringsOf() {
  const file = inRepository('package.nls.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
}

/** Also those that `runCommands` is told to run. */
function boundCommands(manifest) {
  const bindings = manifest.contributes?.keybindings ?? [];
  return bindings.flatMap(({ command, args }) => [command, ...(args?.commands ?? []).map((each) => (typeof each === 'string' ? each : each.command))]);
}

/** What conditions (`when`, `enablement`, `onContext:`) read of ours, besides the ids of views. */
function contextKeys(manifest) {
  const views = new Set(Object.values(manifest.contributes?.views ?? {}).flatMap((each) => each.map(({ id }) => id)));
  const conditions = [...JSON.stringify(manifest.contributes ?? {}).matchAll(/"(?:when|enablement)":"((?:[^"\\]|\\.)*)"|"onContext:([^"]+)"/g)];
  const names = conditions.flatMap(([, clause = '', key = '']) => `${clause} ${key}`.match(/\bbulkhead\.[\w.]+/g) ?? []);
  return new Set(names.filter((name) => !views.has(name)));
}

const menuItems = (manifest) => Object.values(manifest.contributes?.menus ?? {}).flat();

/** `%key%` in the manifest against package.nls.json, both ways. */
function* brokenStrings(text, strings) {
  const used = new Set([...text.matchAll(/"%([^"%]+)%"/g)].map((match) => match[1]));
  for (const key of used) if (!Object.hasOwn(strings, key)) yield `package.json uses %${key}%, which package.nls.json lacks`;
  for (const key of Object.keys(strings)) if (!used.has(key)) yield `package.nls.json has ${key}, which package.json does not use`;
}

function sourcesOf(folder) {
  const names = fs.readdirSync(inRepository(folder), { recursive: true }).filter((name) => name.endsWith('.ts'));
  return names.map((name) => fs.readFileSync(inRepository(folder, name), 'utf8')).join('\n');
}
