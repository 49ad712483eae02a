// A suite's own bulkhead-runtime: made before its first test, gone after its last; no test leaves groups or state behind.
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { ScratchRuntime } from './scratchRuntime.js';

/** Registers the hooks of the suite that calls it; `use` gets the runtime before the first test. */
export function withScratchRuntime(use: (runtime: ScratchRuntime) => void): void {
  let runtime: ScratchRuntime;
  before(() => {
    runtime = new ScratchRuntime();
    use(runtime);
  });
  afterEach(() => {
    assert.deepEqual(runtime.groups(), [], 'groups left behind');
    assert.equal(runtime.call('list', '--quiet').stdout, '', 'state left behind');
  });
  after(() => {
    runtime.end();
  });
}
