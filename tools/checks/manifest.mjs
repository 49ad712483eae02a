// The manifest against the code: every command that package.json contributes is registered, and every registered one contributed;
// every title is in package.nls.json; every file that the manifest names is there.
import fs from 'node:fs';
import { inRepository } from '../repository.mjs';

export function* brokenManifest() {
  const text = fs.readFileSync(inRepository('package.json'), 'utf8');
  const manifest = JSON.parse(text);
  const contributed = new Set((manifest.contributes?.commands ?? []).map(({ command }) => command));
  const code = sourcesOf('extension');
  for (const command of contributed) if (!code.includes(`'${command}'`)) yield `package.json contributes ${command}, which no code registers`;
  for (const [, command] of code.matchAll(/registerCommand\(\s*'([^']+)'/g))
    if (!contributed.has(command)) yield `${command} is registered, but package.json does not contribute it`;
  for (const { command } of menuItems(manifest))
    if (command !== undefined && !contributed.has(command)) yield `a menu shows ${command}, which is not contributed`;
  yield* brokenStrings(text);
  for (const [, file] of text.matchAll(/"(?:\.\/)?(media\/[^"]+)"/g))
    if (!fs.existsSync(inRepository(file))) yield `package.json names ${file}, which is not there`;
}

const menuItems = (manifest) => Object.values(manifest.contributes?.menus ?? {}).flat();

/** `%key%` in the manifest against package.nls.json, both ways. */
function* brokenStrings(text) {
  const strings = fs.existsSync(inRepository('package.nls.json')) ? JSON.parse(fs.readFileSync(inRepository('package.nls.json'), 'utf8')) : {};
  const used = new Set([...text.matchAll(/"%([^"%]+)%"/g)].map((match) => match[1]));
  for (const key of used) if (!Object.hasOwn(strings, key)) yield `package.json uses %${key}%, which package.nls.json lacks`;
  for (const key of Object.keys(strings)) if (!used.has(key)) yield `package.nls.json has ${key}, which package.json does not use`;
}

function sourcesOf(folder) {
  const names = fs.readdirSync(inRepository(folder), { recursive: true }).filter((name) => name.endsWith('.ts'));
  return names.map((name) => fs.readFileSync(inRepository(folder, name), 'utf8')).join('\n');
}
