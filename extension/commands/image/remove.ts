// Removes images with all their names, or single names of images that have others; what is just being pulled is ended.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { removals, type Removal } from '../../model/imageRemoval.js';
import { rowOf } from '../../model/imageTree.js';
import { containersOfImage, imageCalled, imageName } from '../../model/selectors.js';
import type { Command, Services } from '../../services.js';
import { pickImage } from '../../ui/pick.js';
import { forEach, IMAGES_VIEW } from '../forEach.js';
import { ASK_AGAIN, SELECTION } from '../ids.js';
import { ready } from '../ready.js';
import { cancelPull } from './cancelPull.js';

export const remove: Command = async (services, id, selected) => {
  const { uid } = (await ready(services.client)).caller;
  const elements = await elementsOf(services, id, selected, uid);
  const pulls = elements.filter((element) => rowOf(element)?.kind === 'pull');
  if (pulls.length > 0) await cancelPull(services, pulls[0], pulls);
  const targets = removals(services.store.world, elements, uid);
  if (targets.length === 0 || !(await isConfirmed(services, targets))) return;
  await forEach(services, IMAGES_VIEW, targets, (target) => removeOne(services, target));
};

/** An image by its id: its names may name another image for this user. All of them, or, if a container uses it, none. */
async function removeOne({ client }: Services, { image, names }: Removal): Promise<void> {
  if (names === undefined) await client.call('image/remove', { image: image.id, allNames: true });
  for (const name of names ?? []) await client.call('image/remove', { image: name });
}

async function elementsOf(services: Services, id: string | undefined, selected: readonly string[] | undefined, uid: number): Promise<readonly string[]> {
  if (id === SELECTION) return services.imagesView.selection;
  if (id !== undefined && id !== ASK_AGAIN) return (selected ?? [id]).map((each) => imageCalled(services.store.world, each, uid)?.id ?? each);
  const image = await pickImage(services, l10n.t('Remove which image?'));
  return image === undefined ? [] : [image.id];
}

async function isConfirmed({ settings, store }: Services, targets: readonly Removal[]): Promise<boolean> {
  if (!settings.confirmRemove) return true;
  const whole = targets.filter(({ names }) => names === undefined).map(({ image }) => image);
  const further = whole.flatMap(({ references }) => references.slice(1));
  const users = whole.flatMap((image) => containersOfImage(store.world, image.id)).map(({ name }) => name);
  const names = targets.flatMap((target) => target.names ?? []);
  const detail = [
    ...(targets.length === 1 ? [] : [...whole.map(imageName), ...names]),
    ...(further.length === 0 ? [] : [l10n.t('Also known as: {0}.', further.join(', '))]),
    ...(users.length === 0 ? [] : [l10n.t('Containers made from it: {0}.', users.join(', '))]),
    ...(names.length === 0 ? [] : [l10n.t('What has other names stays.')]),
  ];
  const yes = l10n.t('Remove');
  return (await vscode.window.showWarningMessage(question(targets), { modal: true, detail: detail.join('\n') }, yes)) === yes;
}

function question([first, ...others]: readonly Removal[]): string {
  if (first === undefined || others.length > 0) return l10n.t('Remove {0} images?', others.length + 1);
  const { image, names } = first;
  return names === undefined ? l10n.t('Remove the image “{0}”?', imageName(image)) : l10n.t('Remove the name “{0}” of an image?', names.join(', '));
}
