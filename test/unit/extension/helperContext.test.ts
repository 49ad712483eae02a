// What the views are told of the helper, and when an update of it is offered.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HelperState } from '../../../extension/client/helperState.js';
import type { Unreachable } from '../../../extension/client/socket.js';
import { helperContext, isOurs } from '../../../extension/model/helperContext.js';
import { isOlder } from '../../../extension/model/helperAge.js';
import { DEFAULT_SOCKET_PATH } from '../../../protocol/version.js';
import { info } from './tinyHelper.js';

const OTHER = '/run/other/helper.sock';

test('a helper that answers decides itself', () => {
  const states: HelperState[] = [
    { status: 'connecting' },
    { status: 'denied', reason: 'not admitted' },
    { status: 'incompatible', helperVersion: '9.9.9', protocolVersion: '9.0' },
    { status: 'ready', info: info() },
  ];
  for (const state of states) for (const path of [DEFAULT_SOCKET_PATH, OTHER]) assert.equal(helperContext(state, false, path), state.status);
});

test('one that does not answer is to be installed, started, or looked for in the setting', () => {
  const table: [Unreachable, boolean, string, string][] = [
    ['missing', false, DEFAULT_SOCKET_PATH, 'notInstalled'],
    ['refused', false, DEFAULT_SOCKET_PATH, 'notInstalled'],
    ['missing', true, DEFAULT_SOCKET_PATH, 'down'],
    ['refused', true, DEFAULT_SOCKET_PATH, 'down'],
    ['unresponsive', false, DEFAULT_SOCKET_PATH, 'down'],
    ['forbidden', true, DEFAULT_SOCKET_PATH, 'denied'],
    ['forbidden', false, OTHER, 'denied'],
    ['missing', false, OTHER, 'elsewhere'],
    ['refused', true, OTHER, 'elsewhere'],
    ['unresponsive', true, OTHER, 'elsewhere'],
  ];
  for (const [why, isInstalled, path, context] of table) {
    assert.equal(helperContext({ status: 'unreachable', why }, isInstalled, path), context, `${why} ${isInstalled} ${path}`);
  }
  assert.deepEqual([isOurs(DEFAULT_SOCKET_PATH), isOurs(OTHER)], [true, false]);
});

test('versions are compared by their numbers', () => {
  const table: [string, string, boolean][] = [
    ['0.1.0', '0.2.0', true],
    ['0.9.0', '0.10.0', true],
    ['0.1.9', '1.0.0', true],
    ['0.1.0', '0.1.0', false],
    ['0.2.0', '0.1.9', false],
    ['1.0.0', '0.9.9', false],
    ['0.1.0-rc.1', '0.1.0', false],
    ['unknown', '0.1.0', false],
  ];
  for (const [version, than, older] of table) assert.equal(isOlder(version, than), older, `${version} ${than}`);
});
