// Lays out every source: prettier for TypeScript, JavaScript and JSON, clang-format for C++.
import { CLANG_FORMAT, nativeSources } from './checks/nativeSources.mjs';
import { inRepository } from './repository.mjs';
import { run } from './run.mjs';

await run(process.execPath, [inRepository('node_modules/prettier/bin/prettier.cjs'), '.', '--write', '--log-level=warn']);
const sources = nativeSources();
if (sources.length > 0) await run(CLANG_FORMAT, ['-i', ...sources]);
