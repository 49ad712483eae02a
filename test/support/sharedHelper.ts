// One helper for all tests of a file: started before the first, stopped after the last.
import test from 'node:test';
import { startHelper, type TestHelper } from './helper.js';
import { missing, type World } from './world.js';

export interface SharedHelper {
  /** Throws outside of tests that need the same worlds. */
  readonly helper: TestHelper;
}

/** Registers the hooks of the file that calls it; `prepare` is run once it serves. */
export function sharedHelper(worlds: readonly World[], prepare: (helper: TestHelper) => Promise<void> = () => Promise.resolve()): SharedHelper {
  const running: TestHelper[] = [];
  test.before(async () => {
    if (missing(...worlds) !== null) return;
    const helper = await startHelper();
    running.push(helper);
    await prepare(helper);
  });
  test.after(async () => {
    await running.pop()?.stop();
  });
  return {
    get helper() {
      const [helper] = running;
      if (helper === undefined) throw new Error('there is no helper outside of the tests');
      return helper;
    },
  };
}
