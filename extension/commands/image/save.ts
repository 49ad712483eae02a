// Saves images as one archive, in a file that the user chooses: other engines load it, and so do we.
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ImageSummary } from '../../../protocol/images.js';
import { saveImages } from '../../client/saveImages.js';
import { formatBytes } from '../../model/age.js';
import { imageName, imageTarget } from '../../model/selectors.js';
import type { Command, Services } from '../../services.js';
import { percentReport, withCancellableProgress } from '../../ui/progress.js';
import { amount } from '../../ui/pullWords.js';
import { ready } from '../ready.js';
import { targetImages } from '../targets.js';

export const save: Command = async (services, id, selected) => {
  const images = await targetImages(services, { id, selected }, l10n.t('Save which image?'));
  const file = images.length === 0 ? undefined : await askFile(images);
  if (file !== undefined) await saveTo(services, images, file);
};

/** @throws what {@link saveImages} throws. */
export async function saveTo(services: Services, images: readonly ImageSummary[], file: string): Promise<void> {
  const { uid } = (await ready(services.client)).caller;
  const targets = images.map((image) => imageTarget(services.store.world, image, uid));
  const sizeBytes = await withCancellableProgress(l10n.t('Saving {0}', images.map(imageName).join(', ')), (report, signal) => {
    const tell = percentReport(report);
    return saveImages(services.client, { images: targets, file }, (done, total) => tell(done / total, amount(done, total)), signal);
  });
  void vscode.window.showInformationMessage(l10n.t('Saved to {0} ({1}).', file, formatBytes(sizeBytes)));
}

async function askFile(images: readonly ImageSummary[]): Promise<string | undefined> {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const name = fileName(images);
  const uri = await vscode.window.showSaveDialog({
    title: l10n.t('Save as an archive'),
    saveLabel: l10n.t('Save'),
    filters: { [l10n.t('Image archives')]: ['tar'] },
    defaultUri: folder === undefined ? vscode.Uri.file(path.join('/tmp', name)) : vscode.Uri.joinPath(folder, name),
  });
  return uri?.fsPath;
}

/** `busybox-latest.tar`. */
function fileName([first]: readonly ImageSummary[]): string {
  const name = first === undefined ? 'images' : imageName(first);
  return `${path.basename(name).replaceAll(':', '-')}.tar`;
}
