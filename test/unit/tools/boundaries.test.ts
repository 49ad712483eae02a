// The check of which folder may import which: it finds each kind of breach, and nothing in what is right.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { brokenBoundaries } from '../../../tools/checks/boundaries.mjs';

const breaches = {
  'protocol/a.ts': "import { b } from '../helper/b.js';",
  'extension/main.ts': "import type { Engine } from '../helper/engine/engine.js';",
  'extension/client/a.ts': "import * as vscode from 'vscode';",
  'helper/policy/a.ts': "import fs from 'node:fs';",
  'helper/handlers/a.ts': "import { NativeKernel } from '../kernel/nativeKernel.js';",
  'helper/engine/a.ts': "export type { MethodName } from '../../protocol/methods.js';",
  'helper/store/a.ts': "const { createMessageConnection } = require('vscode-jsonrpc/node');",
  'elsewhere.ts': '',
  'native/src/core/a.cpp': '#include <napi.h>',
  'native/src/init/a.cpp': '#include "core/oci/config.h"',
  'native/src/core/layers/a.cpp': '#include "core/archive/gzip.h"',
  'native/src/addon/a.cpp': '#include "core/archive/decompressor.h"',
  'native/src/reader/a.cpp': '#include "core/reader/received_entries.h"',
};

test('each breach is found, in one sentence', () => {
  for (const [file, text] of Object.entries(breaches)) {
    const found = check({ [file]: text });
    assert.equal(found.length, file === 'elsewhere.ts' ? 0 : 1, `${file}: ${found.join('; ')}`);
  }
});

test('what the architecture allows passes', () => {
  const found = check({
    'helper/main.ts': "import { NativeKernel } from './kernel/nativeKernel.js';",
    'helper/engine/a.ts': "import type { Kernel } from '../kernel/kernel.js';\n// as one would from 'vscode'",
    'helper/server/a.ts': "import type { Kernel } from '../kernel/kernel.js';",
    'extension/client/a.ts': "import { createMessageConnection } from 'vscode-jsonrpc/node';\nimport { methods } from '../../protocol/methods.js';",
    'native/src/init/a.cpp': '#include "core/plan/plan.h"',
    'native/src/reader/a.cpp': '#include "core/reader/channel.h"\n#include "core/tar/tar_reader.h"',
  });
  assert.deepEqual(found, []);
});

function check(files: Readonly<Record<string, string>>): string[] {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-boundaries-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), text);
    }
    return [...brokenBoundaries(root)];
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}
