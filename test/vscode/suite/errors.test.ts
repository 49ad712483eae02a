// Every failure is a sentence, and most have a button that helps.
import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { CallError, DisconnectedError, IncompatibleError, SeveralError } from '../../../extension/client/callError.js';
import { UnreachableError } from '../../../extension/client/socket.js';
import { StreamRefusedError } from '../../../extension/client/streamConnection.js';
import { explain, isProgramMissing } from '../../../extension/ui/errors.js';
import type { ErrorCode, ErrorData } from '../../../protocol/errors.js';
import { DEFAULT_SOCKET_PATH } from '../../../protocol/version.js';

const codes: Readonly<Record<ErrorCode, Partial<ErrorData>>> = {
  INVALID_PARAMS: { field: 'spec.name', reason: 'too short' },
  UNKNOWN_METHOD: {},
  DENIED: { reason: 'privileged gives power over the host' },
  NOT_FOUND: { object: 'web' },
  CONFLICT: { object: 'web', reason: 'the name is taken' },
  WRONG_STATE: { object: 'web', reason: 'it is not running' },
  LIMIT: { reason: 'a user can have 100 containers' },
  INVALID_ARCHIVE: { reason: 'not a tar' },
  REGISTRY: { object: 'registry.example', registry: 'unreachable', reason: 'no answer' },
  KERNEL: { object: 'web', failure: { step: 'mount', errno: 1, errnoName: 'EPERM', object: '/proc' } },
  NO_SPACE: { object: 'the image store' },
  CANCELLED: {},
  SHUTTING_DOWN: {},
  INTERNAL: { incident: 'a1b2' },
};

/** What the first button does. */
function firstCommand(error: unknown): string | undefined {
  const [remedy] = explain(error).remedies;
  return remedy !== undefined && 'command' in remedy ? remedy.command : undefined;
}

describe('errors', () => {
  const known = new Set<string>();
  before(async () => {
    for (const command of await vscode.commands.getCommands(true)) known.add(command);
  });

  for (const [code, more] of Object.entries(codes) as [ErrorCode, Partial<ErrorData>][]) {
    it(`of the code ${code} are one sentence, whose buttons exist`, () => {
      const { message, remedies } = explain(new CallError({ code, operation: 'container/start', ...more }));
      assert.match(message, /^\P{Ll}.*[.)]$/u);
      assert.doesNotMatch(message, /undefined|\{\d\}|: \./);
      for (const remedy of remedies) assert.ok('copies' in remedy || known.has(remedy.command), remedy.title);
    });
  }

  it('without a helper offer to start it', () => {
    for (const error of [new DisconnectedError('container/list'), new UnreachableError('refused', DEFAULT_SOCKET_PATH)]) {
      assert.equal(firstCommand(error), 'bulkhead.helper.start');
    }
    assert.equal(firstCommand(new UnreachableError('refused', '/run/x.sock')), 'workbench.action.openSettings', 'another helper is not ours to start');
    assert.match(explain(new StreamRefusedError('NOT_FOUND: expired')).message, /expired/);
  });

  it('say how many of several failed, and of which limit there is a way out', () => {
    const limit = (operation: string) => new CallError({ code: 'LIMIT', operation, reason: 'too many' });
    assert.equal(firstCommand(limit('container/create')), 'bulkhead.container.prune');
    assert.equal(firstCommand(limit('container/exec')), undefined);
    const several = explain(new SeveralError(limit('container/create'), 3, 5));
    assert.match(several.message, /^3 of 5 failed\..*too many/);
    assert.equal(several.remedies.length, 1);
    assert.match(explain(new UnreachableError('forbidden', '/run/x.sock')).message, /not allowed/);
    assert.equal(firstCommand(new UnreachableError('unresponsive', DEFAULT_SOCKET_PATH)), 'bulkhead.helper.start');
    assert.equal(firstCommand(new IncompatibleError('9.9.9')), 'bulkhead.helper.install');
  });

  it('of the helper itself say where its log is, and offer the line that reads it', () => {
    const { message, remedies } = explain(new CallError({ code: 'INTERNAL', operation: 'container/start', incident: 'a1b2' }));
    assert.match(message, /\(a1b2\).*(journalctl -u bulkhead\.service|\/var\/log\/bulkhead\/helper\.out)/);
    assert.ok(remedies.some((remedy) => 'copies' in remedy && /^sudo .*a1b2/.test(remedy.copies)));
  });

  it('of the policy offer the line that an administrator mends it with', () => {
    const reason = 'no subordinate uids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann';
    const [remedy] = explain(new CallError({ code: 'DENIED', operation: 'container/create', reason })).remedies;
    assert.ok(remedy !== undefined && 'copies' in remedy);
    assert.equal(remedy.copies, 'sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann');
  });

  it('of a start name the program that is missing, and point at the steps', () => {
    const error = new CallError(
      {
        code: 'KERNEL',
        operation: 'container/start',
        object: '/bin/bsah',
        failure: { step: 'execute', errno: 2, errnoName: 'ENOENT', object: '/bin/bsah' },
      },
      'web',
    );
    assert.equal(explain(error).message, 'The container has no program “/bin/bsah”.');
    assert.equal(firstCommand(error), 'bulkhead.container.showLedger');
    assert.equal(isProgramMissing(error), true);
  });
});
