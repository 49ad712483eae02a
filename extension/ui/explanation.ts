// What a failure is turned into: a sentence, and the buttons that help. Shared by the files that make them.
import { l10n } from 'vscode';
import type { CommandId } from '../commands/ids.js';

/** A button: it runs a command, or copies a line that mends it. */
export type Remedy =
  | { readonly title: string; readonly command: CommandId | 'workbench.action.openSettings'; readonly arguments?: readonly unknown[] }
  | { readonly title: string; readonly copies: string };

export interface Explanation {
  readonly message: string;
  /** The most helpful first. */
  readonly remedies: readonly Remedy[];
}

/** `text` without its full stop, or `otherwise` if there is none. */
export function sentence(text: string, otherwise: string): string {
  const trimmed = text.trim().replace(/\.$/, '');
  return trimmed === '' ? otherwise : trimmed;
}

export const showLog = (): Remedy => ({ title: l10n.t('Show Diagnostics'), command: 'bulkhead.helper.showLog' });
