// The check of an image's name as one types it. The protocol's own check decides in the end.
import { l10n } from 'vscode';

const REFERENCE = /^[a-z0-9][a-z0-9._/:-]{0,254}$/;

/** For an input box: what is wrong with it, or undefined. */
export function referenceProblem(reference: string): string | undefined {
  return REFERENCE.test(reference) ? undefined : l10n.t('A name is written as name:tag, in lower-case letters, digits, “.”, “-”, “_” and “/”.');
}
