// Pulls an image by the name that the user types; for this machine's platform, or for another one that he picks.
import { l10n } from 'vscode';
import { TagCompletion } from '../../registries/tagCompletion.js';
import { rowOf } from '../../model/imageTree.js';
import type { Command, Services } from '../../services.js';
import { askImageToPull, askPlatform, type PullAnswer } from '../../ui/pullInput.js';
import { ASK_AGAIN, SELECTION } from '../ids.js';
import { ready } from '../ready.js';
import { offerRun, pullImage, type WantedImage } from './pullImage.js';

/** `id`: a name, or the row of an image that has one: its newer version is pulled. */
export const pull: Command = (services, id) => pullWanted(services, id, false);

export const pullForPlatform: Command = (services, id) => pullWanted(services, id, true);

async function pullWanted(services: Services, id: string | undefined, asksPlatform: boolean): Promise<void> {
  const wanted = await askWanted(services, nameIn(services, id), asksPlatform);
  if (wanted !== undefined) offerRun(await pullImage(services, wanted));
}

/** Undefined: the user left. */
export async function askWanted(services: Services, text: string | undefined, asksPlatform: boolean): Promise<WantedImage | undefined> {
  await ready(services.client);
  const answer = text === undefined ? await askName(services) : { text, asksPlatform };
  if (answer === undefined) return undefined;
  if (!answer.asksPlatform && !asksPlatform) return { text: answer.text };
  const platform = await askPlatform(l10n.t('Pull {0}', answer.text));
  return platform === undefined ? undefined : { text: answer.text, platform };
}

function askName({ client, registries }: Services): Promise<PullAnswer | undefined> {
  const completion = new TagCompletion(client, registries);
  return askImageToPull({ title: l10n.t('Pull an image'), completion, candidates: (text) => registries.candidates(text) });
}

/** An image's row stands for its name, a repository's for its newest tag; anything else is a name by itself (`name@sha256:…` is one). */
function nameIn({ imagesView, store }: Services, id: string | undefined): string | undefined {
  const element = id === SELECTION ? imagesView.selection[0] : id;
  if (element === undefined || element === ASK_AGAIN) return undefined;
  const row = rowOf(element);
  if (row?.kind === 'repository') return row.name;
  if (row?.kind !== 'image') return row === undefined ? element : undefined;
  if (store.image(row.id)?.references.includes(row.reference) === true) return row.reference;
  return row.reference === '' ? undefined : element;
}
