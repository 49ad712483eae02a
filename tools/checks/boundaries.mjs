// Which folder may import which, as docs/architecture.md says it. Yields a sentence for each import that must not be.
import fs from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../repository.mjs';

/**
 * The most specific folder (or file) rules. `own`: what of the project it may import (folders or files); `packages`: which
 * packages; `not`: exceptions to both.
 */
const RULES = {
  protocol: { own: ['protocol'], packages: ['zod'] },

  extension: { own: ['extension', 'protocol'], packages: ['vscode', 'vscode-jsonrpc', 'tar', 'zod', 'node:'] },
  'extension/client': { own: ['extension/client', 'protocol'], packages: ['vscode-jsonrpc', 'zod', 'node:'] },
  'extension/model': { own: ['extension/model', 'extension/client', 'protocol'], packages: ['vscode-jsonrpc', 'node:util'] },
  'extension/registries': { own: ['extension/registries', 'extension/client', 'extension/model', 'protocol'], packages: ['vscode', 'node:'] },

  'helper/main.ts': { own: ['helper', 'protocol', 'package.json'], packages: ['node:'] },
  'helper/server': {
    own: ['helper/server', 'helper/policy', 'helper/handlers', 'helper/engine/failure', 'helper/engine/planner', 'helper/kernel/kernel', 'protocol'],
    packages: ['zod', 'node:'],
  },
  'helper/policy': { own: ['helper/policy', 'protocol'], packages: ['node:path', 'zod'] },
  'helper/handlers': { own: ['helper/handlers', 'helper/engine', 'helper/policy', 'protocol'], packages: ['zod', 'node:'] },
  'helper/engine': {
    own: ['helper/engine', 'helper/store', 'helper/policy', 'helper/kernel/kernel', 'helper/registry/contract', 'protocol'],
    packages: ['zod', 'tar', 'node:'],
    not: ['protocol/methods'],
  },
  'helper/registry': { own: ['helper/registry'], packages: ['zod', 'https-proxy-agent', 'node:'] },
  'helper/confined': {
    own: [
      'helper/confined',
      'helper/registry/contract',
      'helper/registry/lines',
      'helper/store/files',
      'helper/policy',
      'helper/engine',
      'helper/kernel/kernel',
    ],
    packages: ['node:'],
  },
  'helper/store': { own: ['helper/store', 'protocol'], packages: ['zod', 'node:'], not: ['protocol/methods'] },
  'helper/kernel': { own: ['helper/kernel', 'native/index'], packages: ['node:'] },
  'helper/kernel/kernel.ts': { own: ['native/index'], packages: [] },
};

/** Includes: the first folder that fits rules; `<…>` and "…" alike. */
const NATIVE_RULES = [
  { folder: 'native/src/core', not: /napi\.h|node_api|^(addon|runtime|init|reader)\// },
  // What parses archives is linked into the reader alone.
  ...['core/layers', 'core/reader', 'addon', 'runtime'].map((name) => ({ folder: `native/src/${name}`, not: /^core\/archive\/|^reader\// })),
  { folder: 'native/src/reader', not: /napi\.h|node_api|^(addon|runtime|init)\/|^core\/reader\/(?!channel\.h)/ },
  { folder: 'native/src/init', not: /napi\.h|^(addon|runtime)\/|^core\/(?!plan\/)/ },
  { folder: 'native/src/runtime', not: /napi\.h|node_api|^(addon|init)\// },
];

export function* brokenBoundaries(root = repositoryRoot) {
  for (const file of sources(root, ['protocol', 'extension', 'helper'], /\.ts$/)) yield* brokenImports(root, file);
  for (const { folder, not } of NATIVE_RULES) {
    for (const file of sources(root, [folder], /\.(h|cpp|cc)$/)) {
      for (const included of matches(root, file, /^\s*#\s*include\s*[<"]([^>"]+)[>"]/gm)) if (not.test(included)) yield `${file} must not include ${included}`;
    }
  }
}

function* brokenImports(root, file) {
  const rule = ruleFor(file);
  if (rule === undefined) return yield `${file}: no rule says what it may import`;
  for (const name of matches(root, file, /(?<!['/.\w-])(?:from\s*|import\s*\(?\s*|require\(\s*)'([^']+)'/g)) {
    const isOwn = name.startsWith('.');
    const target = isOwn ? path.join(path.dirname(file), name) : name;
    const isAllowed = isOwn ? rule.own.some((folder) => within(target, folder)) : rule.packages.some((allowed) => isPackage(name, allowed));
    if (!isAllowed || rule.not?.some((folder) => within(target, folder))) yield `${file} must not import ${target}`;
  }
}

function ruleFor(file) {
  const fitting = Object.keys(RULES).filter((folder) => within(file, folder));
  return RULES[fitting.sort((a, b) => b.length - a.length)[0]];
}

/** `target` is that folder, that file (with any ending), or something below. */
const within = (target, folder) => target === folder || target.startsWith(`${folder}/`) || target.replace(/\.(js|ts)$/, '') === folder;
const isPackage = (name, allowed) => (allowed === 'node:' ? name.startsWith('node:') : name === allowed || name.startsWith(`${allowed}/`));

function sources(root, folders, pattern) {
  return folders.flatMap((folder) => {
    if (!fs.existsSync(path.join(root, folder))) return [];
    const names = fs.readdirSync(path.join(root, folder), { recursive: true }).filter((name) => pattern.test(name));
    return names.map((name) => path.join(folder, name)).sort();
  });
}

/** What the pattern's first group matches in a file, comments aside. */
const matches = (root, file, pattern) => {
  const text = fs.readFileSync(path.join(root, file), 'utf8').replace(/^\s*(\/\/|\*).*$/gm, '');
  return [...text.matchAll(pattern)].map((match) => match[1]);
};
