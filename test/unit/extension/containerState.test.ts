// What the menus offer in each state, which ends are trouble, and which of them the badge counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attention } from '../../../extension/model/attention.js';
import { contextValue, isUnexpected, sinceMs, troubleAtMs } from '../../../extension/model/containerState.js';
import { worldOf } from '../../../extension/model/world.js';
import type { ContainerState, ContainerSummary } from '../../../protocol/containers.js';
import { container, EXITED, exited, running, snapshot } from './worldFixture.js';

const failed: ContainerState = { status: 'failed', failure: { step: 'execute', errno: 2, errnoName: 'ENOENT', object: '/bin/nothing' }, atMs: 7_000 };
const world = (...containers: readonly ContainerSummary[]) => worldOf(snapshot(1, containers));

test('a row offers the verbs that its state allows', () => {
  const offered = (state: ContainerState) => contextValue(container('a', { state }));
  assert.equal(offered({ status: 'created' }), 'container;start;');
  assert.equal(offered(running), 'container;stop;restart;kill;pause;enter;');
  assert.equal(offered({ ...running, status: 'paused' }), 'container;stop;restart;kill;unpause;');
  assert.equal(offered({ ...running, status: 'stopping' }), 'container;kill;');
  assert.equal(offered(exited()), 'container;start;restart;');
  assert.equal(offered(failed), 'container;start;restart;');
  assert.equal(offered({ status: 'restarting', exit: EXITED, nextStartMs: 9_000, attempt: 2 }), 'container;stop;restart;');
});

test('an age counts from what last happened', () => {
  assert.equal(sinceMs(container('a')), 1_000);
  assert.equal(sinceMs(container('a', { state: running })), 2_000);
  assert.equal(sinceMs(container('a', { state: exited() })), 5_000);
  assert.equal(sinceMs(container('a', { state: failed })), 7_000);
});

test('an end is unexpected unless it went well or was asked for', () => {
  assert.equal(isUnexpected({ ...EXITED }), false);
  assert.equal(isUnexpected({ ...EXITED, code: 1 }), true);
  assert.equal(isUnexpected({ ...EXITED, code: 143, signal: 15 }), false);
  assert.equal(isUnexpected({ ...EXITED, code: 139, signal: 11 }), true);
  assert.equal(isUnexpected({ ...EXITED, code: 137, signal: 9, oomKilled: true }), true);
  assert.equal(isUnexpected({ ...EXITED, code: 137, unknown: 'lost' }), true);
});

test('the exit code of an interactive shell is no trouble, its death for lack of memory is', () => {
  const shell = { terminal: true, openStdin: true };
  assert.equal(troubleAtMs(container('a', { ...shell, state: exited({ code: 127 }) })), undefined);
  assert.equal(troubleAtMs(container('a', { ...shell, state: exited({ code: 137, signal: 9, oomKilled: true }) })), 5_000);
  assert.equal(troubleAtMs(container('a', { state: exited({ code: 127 }) })), 5_000);
});

test('a restart is trouble only after an end that was', () => {
  const restarting = (exit: Partial<typeof EXITED | { code: number }>): ContainerState => ({
    status: 'restarting',
    exit: { ...EXITED, ...exit },
    nextStartMs: 9_000,
    attempt: 1,
  });
  assert.equal(troubleAtMs(container('a', { state: restarting({}) })), undefined);
  assert.equal(troubleAtMs(container('a', { state: restarting({ code: 1 }) })), 5_000);
});

test('the badge counts trouble until it has been seen', () => {
  const attention = new Attention(0);
  const bad = world(container('a', { state: failed }), container('b', { state: exited({ code: 3 }) }), container('c', { state: running }));
  assert.deepEqual(
    attention.needing(bad).map(({ name }) => name),
    ['a', 'b'],
  );
  assert.equal(attention.markSeen(bad), 7_000);
  assert.deepEqual(attention.needing(bad), []);
  const worse = world(container('c', { state: exited({ code: 1, atMs: 8_000 }) }));
  assert.equal(attention.needing(worse).length, 1);
});

test('a container that was told to stop is no trouble however it ends', () => {
  const attention = new Attention(0);
  const stopping = world(container('a', { state: { ...running, status: 'stopping' } }));
  const stopped = world(container('a', { state: exited({ code: 1 }) }));
  attention.observe(stopping, stopped);
  assert.deepEqual(attention.needing(stopped), []);
  attention.observe(stopped, world(container('a', { state: running })));
  assert.equal(attention.needing(stopped).length, 1, 'the next end of the same container counts again');
});
