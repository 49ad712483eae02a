import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProcess, readProcesses } from '../../../helper/kernel/processes.js';

const STATUS = 'Name:\tx\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t4242\t7\nVmRSS:\t    2048 kB\n';
const FIELDS = 'S 99 4242 4242 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0 12345 1000000 512';

function parse(changes: { readonly stat?: string; readonly status?: string; readonly commandLine?: string } = {}) {
  return parseProcess({ pid: 4242, stat: `4242 (name) ${FIELDS}`, status: STATUS, commandLine: 'sleep\0' + '60\0', bootMs: 1_000_000, ...changes });
}

test('a process has its pids, owner, times and size', () => {
  assert.deepEqual(parse(), {
    pid: 4242,
    containerPid: 7,
    parentPid: 99,
    uid: 1000,
    state: 'S',
    cpuUs: 2_000_000,
    residentBytes: 2048 * 1024,
    startedMs: 1_000_000 + 123_450,
    command: 'sleep 60',
  });
});

test('a name may hold parentheses, spaces and what looks like fields', () => {
  assert.equal(parse({ stat: `4242 (a) R 1 (b) ${FIELDS}` }).parentPid, 99);
});

test('a kernel thread or zombie is shown by its name, without memory', () => {
  const zombie = parse({ commandLine: '', status: STATUS.replace(/VmRSS.*\n/, ''), stat: `4242 (gone) ${FIELDS.replace('S', 'Z')}` });
  assert.deepEqual([zombie.command, zombie.residentBytes, zombie.state], ['[gone]', 0, 'Z']);
});

test('this process is found, and one that does not exist is left out', async () => {
  const found = await readProcesses([process.pid, 2 ** 22 + 1]);
  assert.deepEqual(
    found.map(({ pid, parentPid, containerPid }) => [pid, parentPid, containerPid > 0]),
    [[process.pid, process.ppid, true]],
  );
});
