// Removes images: all their names, and so their files.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ImageSummary } from '../../../protocol/images.js';
import { containersOfImage, imageName } from '../../model/selectors.js';
import type { Command, Services } from '../../services.js';
import { forEach, IMAGES_VIEW } from '../forEach.js';
import { targetImages } from '../targets.js';

export const remove: Command = async (services, id, selected) => {
  const targets = await targetImages(services, { id, selected }, l10n.t('Remove which image?'));
  if (targets.length === 0 || !(await isConfirmed(services, targets))) return;
  await forEach(services, IMAGES_VIEW, targets, (image) => removeNames(services, image));
};

/** The image goes with its last name; one that has none is removed by its id. */
async function removeNames({ client }: Services, { id, references }: ImageSummary): Promise<void> {
  for (const image of references.length === 0 ? [id] : references) await client.call('image/remove', { image });
}

async function isConfirmed({ settings, store }: Services, targets: readonly ImageSummary[]): Promise<boolean> {
  if (!settings.confirmRemove) return true;
  const [first] = targets;
  const question =
    targets.length === 1 && first !== undefined ? l10n.t('Remove the image “{0}”?', imageName(first)) : l10n.t('Remove {0} images?', targets.length);
  const users = targets.flatMap((image) => containersOfImage(store.world, image.id)).map(({ name }) => name);
  const detail = users.length === 0 ? {} : { detail: l10n.t('Containers made from it: {0}.', users.join(', ')) };
  const yes = l10n.t('Remove');
  return (await vscode.window.showWarningMessage(question, { modal: true, ...detail }, yes)) === yes;
}
