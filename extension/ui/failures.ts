// A failed step of the kernel in words: as a sentence, and as the few words that fit on a row. Those that newcomers meet are told
// in their own terms, the others by step and errno.
import { l10n } from 'vscode';
import type { StepFailure } from '../../protocol/containers.js';

export function failureSentence(failure: StepFailure): string {
  const { step, errnoName, object } = failure;
  if (isMissingProgram(failure)) return l10n.t('The container has no program “{0}”.', object);
  if (isExecution(step) && errnoName === 'EACCES') return l10n.t('“{0}” may not be executed by the container’s user.', object);
  if (isExecution(step) && errnoName === 'ENOEXEC') return l10n.t('“{0}” is not a program for this machine.', object);
  if (step === 'mount-source') return l10n.t('“{0}” can’t be mounted: you have no right to it, or it is not there ({1}).', object, errnoName);
  if (step === 'working-directory') return l10n.t('The container has no working directory “{0}” ({1}).', object, errnoName);
  return l10n.t('The kernel refused a step: {0} failed with {1} ({2}).', step, errnoName, object);
}

/** For a row of the tree. */
export function failureWords(failure: StepFailure): string {
  return isMissingProgram(failure) ? l10n.t('no program “{0}”', failure.object) : `${failure.step}: ${failure.errnoName}`;
}

export function isMissingProgram({ step, errnoName }: StepFailure): boolean {
  return isExecution(step) && errnoName === 'ENOENT';
}

function isExecution(step: string): boolean {
  return step === 'execute' || step === 'lookup';
}
