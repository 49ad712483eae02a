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
  // By its id: its names may name another image for this user. All of them, or, if a container uses it, none.
  await forEach(services, IMAGES_VIEW, targets, ({ id: image }) => services.client.call('image/remove', { image, allNames: true }));
};

async function isConfirmed({ settings, store }: Services, targets: readonly ImageSummary[]): Promise<boolean> {
  if (!settings.confirmRemove) return true;
  const [first] = targets;
  const question =
    targets.length === 1 && first !== undefined ? l10n.t('Remove the image “{0}”?', imageName(first)) : l10n.t('Remove {0} images?', targets.length);
  const users = targets.flatMap((image) => containersOfImage(store.world, image.id)).map(({ name }) => name);
  const further = targets.flatMap(({ references }) => references.slice(1));
  const detail = [
    ...(further.length === 0 ? [] : [l10n.t('Also known as: {0}.', further.join(', '))]),
    ...(users.length === 0 ? [] : [l10n.t('Containers made from it: {0}.', users.join(', '))]),
  ];
  const yes = l10n.t('Remove');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail: detail.join('\n') }, yes)) === yes;
}
