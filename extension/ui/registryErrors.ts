// What registries answer, as a sentence with the buttons that help. A registry's own words come last, and as its own.
import { l10n } from 'vscode';
import type { ErrorData, RegistryProblemKind } from '../../protocol/errors.js';
import type { PullSubject } from '../client/callError.js';
import { registryName } from '../model/references.js';
import { sentence, showLog, type Explanation, type Remedy } from './explanation.js';

/** `pull`: what was to be pulled, if that was it. */
export function explainRegistry(data: ErrorData, pull: PullSubject | undefined): Explanation {
  const { object: host = '', registry: kind = 'unreachable', reason = '' } = data;
  const again = pull === undefined ? [] : [pullAgain(l10n.t('Try Again'), pull)];
  return { message: registrySentence(kind, host, sentence(reason, '–')), remedies: [...remediesOf(kind, host, again, pull), showLog()] };
}

/** A button that pulls it, for the platform that it was wanted for: that one is asked for once more. */
export function pullAgain(title: string, { reference, platform }: PullSubject): Remedy {
  return { title, command: platform === undefined ? 'bulkhead.image.pull' : 'bulkhead.image.pullForPlatform', arguments: [reference] };
}

function remediesOf(kind: RegistryProblemKind, host: string, again: readonly Remedy[], pull: PullSubject | undefined): Remedy[] {
  switch (kind) {
    case 'certificate':
      return [openSettings('bulkhead.registries'), ...again];
    case 'unreachable':
      return [...again, openSettings('bulkhead.registries')];
    case 'unsupported':
      return pull === undefined ? [] : [{ title: l10n.t('Another Platform…'), command: 'bulkhead.image.pullForPlatform', arguments: [pull.reference] }];
    case 'unauthorized':
    case 'denied':
    case 'rate-limited':
      return [logIn(host), ...again];
    case 'not-found':
    case 'server':
    case 'malformed':
      return [...again];
  }
}

/** To the registry whose API is at that host. */
const logIn = (host: string): Remedy => ({ title: l10n.t('Log In…'), command: 'bulkhead.registry.login', arguments: [registryName(host)] });

const openSettings = (section: string): Remedy => ({ title: l10n.t('Open Settings'), command: 'workbench.action.openSettings', arguments: [section] });

function registrySentence(kind: RegistryProblemKind, host: string, said: string): string {
  switch (kind) {
    case 'unauthorized':
      return l10n.t('The registry {0} wants a login, or does not take this one ({1}).', host, said);
    case 'denied':
      return l10n.t('The registry {0} does not allow it ({1}).', host, said);
    case 'not-found':
      return l10n.t('The registry {0} does not have it ({1}).', host, said);
    case 'certificate':
      return l10n.t('The registry {0} can’t be trusted: {1}.', host, said);
    case 'rate-limited':
      return l10n.t('The registry {0} has been asked too often ({1}).', host, said);
    case 'unsupported':
      return l10n.t('This can’t be used here: {0}.', said);
    case 'server':
    case 'malformed':
      return l10n.t('The registry {0} has made a mistake: {1}.', host, said);
    case 'unreachable':
      return l10n.t('The registry {0} can’t be reached: {1}.', host, said);
  }
}
