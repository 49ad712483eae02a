// Ages, sizes and states as words of the user's language.
import { l10n } from 'vscode';
import type { ContainerState, ExitStatus, RestartPolicy } from '../../protocol/containers.js';
import { ageOf, signalName } from '../model/age.js';
import { failureWords } from './failures.js';

export function formatAge(thenMs: number, nowMs: number): string {
  const { value, unit } = ageOf(thenMs, nowMs);
  switch (unit) {
    case 'now':
      return l10n.t('just now');
    case 'second':
      return l10n.t('{0} s ago', value);
    case 'minute':
      return l10n.t('{0} m ago', value);
    case 'hour':
      return l10n.t('{0} h ago', value);
    case 'day':
      return l10n.t('{0} d ago', value);
  }
}

/** How long something has been going on: `3 h`. */
export function formatSpan(thenMs: number, nowMs: number): string {
  const { value, unit } = ageOf(thenMs, nowMs);
  switch (unit) {
    case 'now':
      return l10n.t('just now');
    case 'second':
      return l10n.t('{0} s', value);
    case 'minute':
      return l10n.t('{0} m', value);
    case 'hour':
      return l10n.t('{0} h', value);
    case 'day':
      return l10n.t('{0} d', value);
  }
}

/** `Exited (137, out of memory)`. */
export function formatExit(exit: ExitStatus): string {
  if (exit.unknown === 'lost') return l10n.t('Lost (its monitor was killed)');
  if (exit.unknown === 'reboot') return l10n.t('Ended by a reboot');
  if (exit.oomKilled) return l10n.t('Exited ({0}, out of memory)', exit.code);
  if (exit.signal !== null) return l10n.t('Exited ({0}, {1})', exit.code, signalWords(exit.signal));
  return l10n.t('Exited ({0})', exit.code);
}

export function signalWords(signal: number): string {
  return signalName(signal) ?? l10n.t('signal {0}', signal);
}

export function formatRestart(policy: RestartPolicy): string {
  switch (policy.name) {
    case 'no':
      return l10n.t('Never');
    case 'on-failure':
      return l10n.t('On failure');
    case 'unless-stopped':
      return l10n.t('Unless stopped');
    case 'always':
      return l10n.t('Always');
  }
}

/** Whose an object is. */
export function ofOwner(owner: string): string {
  return l10n.t('of {0}', owner);
}

export function formatState(state: ContainerState): string {
  switch (state.status) {
    case 'created':
      return l10n.t('Created');
    case 'starting':
      return l10n.t('Starting');
    case 'running':
      return l10n.t('Running');
    case 'paused':
      return l10n.t('Paused');
    case 'stopping':
      return l10n.t('Stopping');
    case 'restarting':
      return l10n.t('{0}, restarting (attempt {1})', formatExit(state.exit), state.attempt);
    case 'exited':
      return formatExit(state.exit);
    case 'failed':
      return l10n.t('Failed ({0})', failureWords(state.failure));
  }
}
