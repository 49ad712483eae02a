// Builds the native tests under the address and undefined-behaviour sanitizers, and runs them (doctest).
import { spawn } from 'node:child_process';
import { buildSanitized } from '../native.mjs';

const SUMMARY = /test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped/;

export async function runNativeTests() {
  const program = await buildSanitized();
  const { code, output } = await streamed(program, ['--no-colors=true']);
  const [, passed, failed, skipped] = SUMMARY.exec(output) ?? [];
  if (passed === undefined) throw new Error(`the native tests ended with ${code} and no summary`);
  if (code !== 0 && failed === '0') throw new Error(`the native tests ended with ${code}: a sanitizer's finding?`);
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

function streamed(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    output = (output + chunk).slice(-4096);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}
