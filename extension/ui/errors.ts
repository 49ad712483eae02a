// Turns a failure into one sentence and the buttons that help. The only place where errors become prose.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ErrorData } from '../../protocol/errors.js';
import { AbortedError, CallError, DisconnectedError, IncompatibleError, SeveralError } from '../client/callError.js';
import { UnreachableError } from '../client/socket.js';
import { StreamRefusedError } from '../client/streamConnection.js';
import { ASK_AGAIN } from '../commands/ids.js';
import { helperLog } from '../install/helperLog.js';
import { isOurs } from '../model/helperContext.js';
import { sentence, showLog, type Explanation, type Remedy } from './explanation.js';
import { failureSentence, isMissingProgram } from './failures.js';
import { explainRegistry, pullAgain } from './registryErrors.js';

const ID = /^(sha256:)?[0-9a-f]{12,64}$/;

/** Shows `error` unless the user himself ended the operation. Never rejects. */
export async function showError(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (error instanceof AbortedError || error instanceof vscode.CancellationError) return;
  log.error(error instanceof Error ? (error.stack ?? error.message) : String(error), ...(error instanceof CallError ? [error.data] : []));
  const { message, remedies } = explain(error);
  const chosen = await vscode.window.showErrorMessage(message, ...remedies.map((remedy) => remedy.title));
  const remedy = remedies.find((each) => each.title === chosen);
  if (remedy !== undefined) await apply(remedy);
}

async function apply(remedy: Remedy): Promise<void> {
  if ('copies' in remedy) await vscode.env.clipboard.writeText(remedy.copies);
  else await vscode.commands.executeCommand(remedy.command, ...(remedy.arguments ?? []));
}

export function explain(error: unknown): Explanation {
  if (error instanceof CallError) return explainCall(error);
  if (error instanceof DisconnectedError) return { message: l10n.t('There is no connection to the Bulkhead helper.'), remedies: [startHelper(), showLog()] };
  if (error instanceof UnreachableError) return unreachable(error);
  if (error instanceof IncompatibleError)
    return { message: l10n.t('The installed helper ({0}) is too old or too new for this extension.', error.helperVersion), remedies: [updateHelper()] };
  if (error instanceof SeveralError) {
    const { message, remedies } = explain(error.first);
    return { message: l10n.t('{0} of {1} failed. The first: {2}', error.failed, error.tried, message), remedies };
  }
  if (error instanceof StreamRefusedError) return { message: l10n.t('The helper refused the stream: {0}.', error.reason), remedies: [showLog()] };
  return { message: error instanceof Error ? error.message : String(error), remedies: [showLog()] };
}

function unreachable({ why, socketPath }: UnreachableError): Explanation {
  switch (why) {
    case 'forbidden':
      return { message: l10n.t('You are not allowed to use the Bulkhead helper at {0}.', socketPath), remedies: [openSettings(), showLog()] };
    case 'unresponsive':
      return {
        message: l10n.t('The Bulkhead helper at {0} runs, but is silent. Starting it again may help; containers go on.', socketPath),
        remedies: isOurs(socketPath) ? [startHelper(), showLog()] : [openSettings(), showLog()],
      };
    case 'missing':
    case 'refused':
      if (!isOurs(socketPath))
        return { message: l10n.t('No helper answers at {0}, where the setting “Socket Path” has it.', socketPath), remedies: [openSettings(), showLog()] };
      return { message: l10n.t('The Bulkhead helper does not answer at {0}.', socketPath), remedies: [startHelper(), openSettings()] };
  }
}

function explainCall({ data, container, pull }: CallError): Explanation {
  const object = data.object ?? '';
  const reason = data.reason ?? '';
  switch (data.code) {
    case 'DENIED':
      return denied(data);
    case 'NOT_FOUND':
      return notFound(data);
    case 'CONFLICT':
      return conflict(data);
    case 'WRONG_STATE':
      return { message: l10n.t('“{0}” is not in a state that allows this: {1}.', object, sentence(reason, data.operation)), remedies: [] };
    case 'LIMIT':
      return { message: l10n.t('A limit is reached: {0}.', sentence(reason, object)), remedies: data.operation === 'container/create' ? [prune()] : [] };
    case 'INVALID_PARAMS':
      return { message: l10n.t('The helper does not accept “{0}”: {1}.', data.field ?? data.operation, sentence(reason, object)), remedies: [showLog()] };
    case 'INVALID_ARCHIVE':
      return { message: l10n.t('This archive is not an image: {0}.', sentence(reason, object)), remedies: [importImage(l10n.t('Import Another…')), showLog()] };
    case 'REGISTRY':
      return explainRegistry(data, pull);
    case 'KERNEL':
      return kernel(data, container);
    case 'NO_SPACE':
      return { message: l10n.t('There is no space left for {0}.', sentence(object, l10n.t('the container’s files'))), remedies: [prune()] };
    case 'UNKNOWN_METHOD':
      return { message: l10n.t('The installed helper is older than this extension and does not know “{0}”.', data.operation), remedies: [updateHelper()] };
    case 'SHUTTING_DOWN':
      return { message: l10n.t('The helper is just stopping. Try again once it is back.'), remedies: [startHelper()] };
    case 'CANCELLED':
      return { message: l10n.t('It was cancelled.'), remedies: [] };
    case 'INTERNAL':
      return internal(data.incident, sentence(reason, data.operation));
  }
}

/** The helper's own log is root's: a line that reads it is all that can be given. */
function internal(incident: string | undefined, reason: string): Explanation {
  const { place, command } = helperLog(incident);
  return {
    message: l10n.t('The helper made a mistake ({0}). Its log says more: {1}.', incident ?? reason, place),
    remedies: [{ title: l10n.t('Copy the Command'), copies: command }, showLog()],
  };
}

/** Where the policy says how an administrator mends it, that line can be copied. */
function denied({ reason = '', field, operation }: ErrorData): Explanation {
  const [mend] = /sudo usermod [\w -]+/.exec(reason) ?? [];
  const copy: Remedy[] = mend === undefined ? [] : [{ title: l10n.t('Copy the Command'), copies: mend }];
  return { message: l10n.t('This is not allowed: {0}.', sentence(reason, field ?? operation)), remedies: [...copy, showLog()] };
}

function notFound({ operation, object, field, reason }: ErrorData): Explanation {
  // What a new container could lack is its image.
  const isImage = operation.startsWith('image/') || operation === 'container/create' || field?.includes('image') === true || reason?.includes('image') === true;
  if (isImage) return { message: l10n.t('There is no image “{0}”.', object ?? ''), remedies: [...pullMissing(object), importImage(l10n.t('Import Image…'))] };
  return { message: l10n.t('“{0}” is not there any more.', object ?? operation), remedies: [] };
}

/** What was asked for by its id has no name that a registry would know. */
function pullMissing(object = ''): Remedy[] {
  return object === '' || ID.test(object) ? [] : [pullAgain(l10n.t('Pull It'), { reference: object, platform: undefined })];
}

function conflict({ operation, object, reason }: ErrorData): Explanation {
  const message = l10n.t('“{0}” is taken or in use: {1}.', object ?? '', sentence(reason ?? '', operation));
  if (operation === 'image/remove')
    return { message, remedies: [{ title: l10n.t('Remove Containers…'), command: 'bulkhead.container.remove', arguments: [ASK_AGAIN] }] };
  return { message, remedies: [] };
}

function kernel({ object, failure, reason }: ErrorData, container: string | undefined): Explanation {
  const remedies = container === undefined ? [showLog()] : [showLedger(container), showLog()];
  if (failure === undefined) return { message: l10n.t('The kernel refused: {0}.', sentence(reason ?? '', object ?? '')), remedies };
  return { message: failureSentence(failure), remedies };
}

/** Whether an error is that a program is not in the container, so that another may be tried. */
export function isProgramMissing(error: unknown): boolean {
  const failure = error instanceof CallError ? error.data.failure : undefined;
  return failure !== undefined && isMissingProgram(failure);
}

const startHelper = (): Remedy => ({ title: l10n.t('Start Helper'), command: 'bulkhead.helper.start' });
const updateHelper = (): Remedy => ({ title: l10n.t('Update Helper'), command: 'bulkhead.helper.install' });
const openSettings = (): Remedy => ({ title: l10n.t('Open Settings'), command: 'workbench.action.openSettings', arguments: ['bulkhead.socketPath'] });
const prune = (): Remedy => ({ title: l10n.t('Remove Ended Containers…'), command: 'bulkhead.container.prune' });
const importImage = (title: string): Remedy => ({ title, command: 'bulkhead.image.import' });
const showLedger = (container: string): Remedy => ({ title: l10n.t('Show the Steps'), command: 'bulkhead.container.showLedger', arguments: [container] });
