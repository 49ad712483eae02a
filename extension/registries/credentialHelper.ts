// Docker's credential helpers: programs of the user's, run as he runs them. https://docs.docker.com/reference/cli/docker/login/#credential-helpers
// What is run is `docker-credential-<name> get` and nothing else: no shell, no argument of anybody's, a program of the user's PATH.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { l10n } from 'vscode';
import type { Credential } from '../../protocol/images.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** It may ask the user to unlock his key ring. */
const TIME_LIMIT_MS = 30_000;
const OUTPUT_MAX = 64 * 1024;
/** What helpers give as the user's name for a token that is no password. */
const TOKEN_USER = '<token>';

/** What the helper `name` has for `serverUrl`; undefined: nothing. @throws Error if there is no such helper, or it does not do as it should. */
export async function askCredentialHelper(
  name: string,
  serverUrl: string,
  environment = process.env,
  limitMs = TIME_LIMIT_MS,
): Promise<Credential | undefined> {
  const program = NAME.test(name) ? findProgram(`docker-credential-${name}`, environment) : undefined;
  if (program === undefined) throw new Error(l10n.t('The credential helper “{0}”, which your Docker configuration names, is not there.', name));
  const { code, output } = await run(program, serverUrl, environment, limitMs);
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    throw new Error(l10n.t('The credential helper “{0}” has failed ({1}).', name, code ?? l10n.t('it was ended')));
  }
  return credentialIn(output) ?? refuse(l10n.t('The credential helper “{0}” answers with something else than a login.', name));
}

/** By an absolute path: what lies in the folder where this process happens to be is not run. */
function findProgram(file: string, { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  const folders = PATH.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, file)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function run(program: string, input: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { cwd: os.homedir(), env, stdio: ['pipe', 'pipe', 'ignore'], timeout: limitMs, killSignal: 'SIGKILL' });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > OUTPUT_MAX) child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
    // What it has left behind may hold the pipe open.
    child.once('exit', (code) => code ?? child.stdout.destroy());
    // One that does not read has ended, and that is heard of anyway.
    child.stdin.on('error', () => undefined).end(input);
  });
}

function credentialIn(output: string): Credential | undefined {
  const { Username: username, Secret: secret } = objectIn(output);
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined;
  return username === TOKEN_USER ? { kind: 'identity-token', token: secret } : { kind: 'password', username, password: secret };
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function refuse(sentence: string): never {
  throw new Error(sentence);
}
