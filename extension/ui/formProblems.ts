// What is wrong with a step of the run form, as a sentence that says how it would be right.
import { l10n } from 'vscode';
import type { LimitName, Problem } from '../model/runForm.js';

export function problemText(problem: Problem): string {
  switch (problem.code) {
    case 'nameShape':
      return l10n.t('A name has 2 to 63 letters, digits, “_”, “.” or “-”, and begins with a letter or digit.');
    case 'nameTaken':
      return l10n.t('Another container has this name.');
    case 'openQuote':
      return l10n.t('A quotation mark is still open, or a backslash ends the line.');
    case 'notAssignment':
      return l10n.t('“{0}” is not of the form NAME=value.', problem.word);
    case 'unknownLimit':
      return l10n.t('“{0}”: the limits are memory=, swap=, cpus= and pids=.', problem.word);
    case 'badLimit':
      return l10n.t('“{0}”: {1}', problem.word, expectation(problem.expected));
  }
}

function expectation(limit: LimitName): string {
  switch (limit) {
    case 'memory':
      return l10n.t('give at least 6m, such as memory=256m or memory=1.5g.');
    case 'swap':
      return l10n.t('give memory and swap together, such as swap=512m, or swap=unlimited.');
    case 'cpus':
      return l10n.t('give processors’ worth of time, such as cpus=0.5.');
    case 'pids':
      return l10n.t('give a whole number of processes, such as pids=100.');
  }
}
