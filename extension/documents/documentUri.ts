// The addresses of our virtual documents: /<kind>/<id>/<file>. The file is what the tab shows and what decides the language.
import * as vscode from 'vscode';

export const SCHEME = 'bulkhead';

export interface DocumentSubject {
  /** `container` and `image`: all that is known, as JSON; `ledger`: the kernel steps of a container, as Markdown. */
  readonly kind: 'container' | 'image' | 'ledger';
  readonly id: string;
}

export function documentUri({ kind, id }: DocumentSubject, name: string): vscode.Uri {
  const file = kind === 'ledger' ? `${name}, step by step.md` : `${name}.json`;
  return vscode.Uri.from({ scheme: SCHEME, path: `/${kind}/${id.replace(DIGEST, '')}/${file.replaceAll('/', '∕')}` });
}

/** Undefined: not one of ours. */
export function subjectOf(uri: vscode.Uri): DocumentSubject | undefined {
  const [, kind, hex] = /^\/(container|image|ledger)\/([0-9a-f]{64})\/[^/]+$/.exec(uri.path) ?? [];
  if (uri.scheme !== SCHEME || hex === undefined) return undefined;
  if (kind === 'image') return { kind, id: `sha256:${hex}` };
  return kind === 'container' || kind === 'ledger' ? { kind, id: hex } : undefined;
}

const DIGEST = /^sha256:/;
