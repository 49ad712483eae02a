// A reporter for node:test that writes one line of JSON at the end: { passed, failed, skipped }. Suites are not tests; a file
// that holds no test at all is a failure, as node:test would count it as a test that passed.
export default async function* countingReporter(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite, or a test with subtests, that failed by what is in it only.
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    if (data.details?.error?.failureType === 'subtestsFailed') continue;
    counts[outcome(type, data)] += 1;
  }
  yield JSON.stringify(counts);
}

function outcome(type, data) {
  if (type === 'test:fail') return 'failed';
  if (data.skip !== undefined || data.todo !== undefined) return 'skipped';
  return data.nesting === 0 && data.name.endsWith('.test.js') ? 'failed' : 'passed';
}
