// Sends an image to a registry, by a name of it or by another one that the user types. What the registry has is not sent again.
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ImageSummary, PushProgress } from '../../../protocol/images.js';
import type { Result } from '../../../protocol/methods.js';
import { formatBytes } from '../../model/age.js';
import { candidates, registryOf } from '../../model/references.js';
import { imageName, imageTarget } from '../../model/selectors.js';
import type { Command, Services } from '../../services.js';
import { percentReport, withCancellableProgress } from '../../ui/progress.js';
import { amount } from '../../ui/pullWords.js';
import { ready } from '../ready.js';
import { referenceAt, targetImage } from '../targets.js';

export const push: Command = async (services, id) => {
  const image = await targetImage(services, { id }, l10n.t('Push which image?'));
  const reference = image === undefined ? undefined : await askReference(image, referenceAt(services, id));
  if (image !== undefined && reference !== undefined) announce(await pushAs(services, image, reference));
};

/** @throws CallError, AbortedError when it was cancelled. */
export async function pushAs({ client, registries, store }: Services, image: ImageSummary, reference: string): Promise<Result<'image/push'>> {
  const { uid } = (await ready(client)).caller;
  const registry = await registries.access(registryOf(reference));
  const params = { image: imageTarget(store.world, image, uid), reference, registry, progressToken: randomUUID() };
  return withCancellableProgress(l10n.t('Pushing {0}', reference), async (report, signal) => {
    const tell = percentReport(report);
    const show = ({ doneBytes, totalBytes }: PushProgress) => tell(totalBytes === 0 ? 1 : doneBytes / totalBytes, amount(doneBytes, totalBytes));
    const progress = client.onProgress(params.progressToken, show);
    try {
      return await client.call('image/push', params, { signal });
    } finally {
      progress.dispose();
    }
  });
}

async function askReference(image: ImageSummary, name = image.references[0] ?? ''): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: l10n.t('Push {0}', name || imageName(image)),
    prompt: l10n.t('By which name? It says where it goes to, too: registry/repository:tag. Without a registry that is Docker Hub.'),
    value: name,
    validateInput: (text) => (meant(text) === undefined ? l10n.t('A name is written as registry/repository:tag, in lower-case letters.') : undefined),
  });
  return typed === undefined ? undefined : meant(typed);
}

/** A digest names what it is, and can't be chosen. */
function meant(text: string): string | undefined {
  return text.includes('@') ? undefined : candidates(text.trim(), ['docker.io'])[0];
}

/** Not waited for: the message may stand there for long. */
function announce({ reference, digest, pushedBytes }: Result<'image/push'>): void {
  const copy = l10n.t('Copy Digest');
  const sentence =
    pushedBytes === 0
      ? l10n.t('“{0}” is at the registry; it had all of it already.', reference)
      : l10n.t('“{0}” is at the registry; {1} have been sent.', reference, formatBytes(pushedBytes));
  const tell = async () => {
    if ((await vscode.window.showInformationMessage(sentence, copy)) === copy) await vscode.env.clipboard.writeText(digest);
  };
  void tell();
}
