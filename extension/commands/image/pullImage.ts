// A pull that this window waits for: its progress in a notification, its end with the offer to run what has come.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Result } from '../../../protocol/methods.js';
import { fractionOf } from '../../model/pullProgress.js';
import type { WorldStore } from '../../model/worldStore.js';
import { elementOf } from '../../model/imageTree.js';
import type { Services } from '../../services.js';
import { percentReport, withCancellableProgress, type ProgressReport } from '../../ui/progress.js';
import { pullWords } from '../../ui/pullWords.js';
import type { CommandId } from '../ids.js';

export interface WantedImage {
  /** As it was typed. */
  readonly text: string;
  /** Undefined: this machine's. */
  readonly platform?: string | undefined;
}

/** @throws CallError, AbortedError when it was cancelled, Error if it is no name of an image. */
export async function pullImage({ client, registries, store }: Services, { text, platform }: WantedImage): Promise<Result<'image/pull'>> {
  const references = registries.candidates(text);
  const [first] = references;
  if (first === undefined) throw new Error(l10n.t('“{0}” is not a name of an image.', text));
  const params = { references: [...references], registries: [...(await registries.accessTo(references))], ...(platform === undefined ? {} : { platform }) };
  return withCancellableProgress(l10n.t('Pulling {0}', first), async (report, signal) => {
    const following = followPull(store, first, report);
    try {
      return await client.call('image/pull', params, { signal });
    } finally {
      following.dispose();
    }
  });
}

/** The helper pushes how it gets on to every window; this one says it where the user asked for it. */
function followPull(store: WorldStore, reference: string, report: (value: ProgressReport) => void): { dispose(): void } {
  const tell = percentReport(report);
  return store.onDidChange(({ after, change }) => {
    for (const id of [...change.pulls.added, ...change.pulls.updated]) {
      const pull = after.pulls.get(id);
      if (pull?.reference === reference) tell(fractionOf(pull) ?? 0, pullWords(pull));
    }
  });
}

/** Not waited for: the message may stand there for long. */
export function offerRun({ image, reference, isNew }: Result<'image/pull'>): void {
  const run = l10n.t('Run…');
  const sentence = isNew ? l10n.t('The image “{0}” is ready.', reference) : l10n.t('The image “{0}” is here already, as the registry has it.', reference);
  const command: CommandId = 'bulkhead.image.run';
  const offer = async () => {
    const chosen = await vscode.window.showInformationMessage(sentence, run);
    if (chosen === run) await vscode.commands.executeCommand(command, elementOf({ kind: 'image', id: image.id, reference: '' }));
  };
  void offer();
}
