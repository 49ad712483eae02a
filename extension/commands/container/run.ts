// Runs a new container: asks step by step what it shall be, remembers the answers, makes and starts it, and shows its terminal.
import { l10n } from 'vscode';
import * as vscode from 'vscode';
import type { ImageSummary } from '../../../protocol/images.js';
import { blankForm, specOf, type RunForm } from '../../model/runForm.js';
import { containerNamed, freeName, imageCalled, imagesInOrder, imageTarget } from '../../model/selectors.js';
import type { Command, Services } from '../../services.js';
import { withViewProgress } from '../../ui/progress.js';
import { CONTAINERS_VIEW } from '../forEach.js';
import { importEmbedded } from '../image/importEmbedded.js';
import { askWanted } from '../image/pull.js';
import { pullImage } from '../image/pullImage.js';
import { ready } from '../ready.js';
import { askRunForm } from './runSteps.js';

const LAST_KEY = 'run.last';

export const run: Command = (services) => runFrom(services, undefined);

/** With an image that is chosen already, or without. */
export async function runFrom(services: Services, image: ImageSummary | undefined): Promise<void> {
  const { uid } = (await ready(services.client)).caller;
  if (services.store.world.images.size === 0) await importEmbedded(services);
  const form = await askRunForm({ ...services, uid, pullImage: () => pullAsked(services) }, startingForm(services, image, uid), image === undefined);
  if (form === undefined) return;
  await services.workspaceState.update(LAST_KEY, form);
  await create(services, form);
}

async function pullAsked(services: Services): Promise<ImageSummary | undefined> {
  const wanted = await askWanted(services, undefined, false);
  return wanted === undefined ? undefined : (await pullImage(services, wanted)).image;
}

/** The last run once more, at once. */
export const runAgain: Command = async (services) => {
  const { uid } = (await ready(services.client)).caller;
  const last = lastForm(services);
  if (last === undefined) await run(services);
  else await create(services, { ...last, name: last.name === '' ? '' : freeName(services.store.world, last.name, uid) });
};

/** The answers of last time, where they still make sense. */
function startingForm(services: Services, image: ImageSummary | undefined, uid: number): RunForm {
  const { world } = services.store;
  const last = lastForm(services);
  const wanted = image ?? (last === undefined ? undefined : imageCalled(world, last.image, uid)) ?? imagesInOrder(world)[0];
  const chosen = wanted === undefined ? '' : imageTarget(world, wanted, uid);
  if (last === undefined || (image !== undefined && chosen !== last.image)) return { ...blankForm, image: chosen };
  return { ...last, image: chosen, name: containerNamed(world, last.name, uid) === undefined ? last.name : '' };
}

function lastForm({ workspaceState }: Services): RunForm | undefined {
  const last = workspaceState.get<Partial<RunForm>>(LAST_KEY);
  return last === undefined ? undefined : { ...blankForm, ...last };
}

/** A container whose start fails stays, with the steps that it came to: that is what its user looks into. */
async function create({ client, containersView, store, terminals }: Services, form: RunForm): Promise<void> {
  const created = await withViewProgress(CONTAINERS_VIEW, () => client.call('container/create', { spec: specOf(form) }));
  const started = await withViewProgress(CONTAINERS_VIEW, () => client.call('container/start', { container: created.id }));
  if (form.isInteractive) terminals.attach(started);
  else vscode.window.setStatusBarMessage(l10n.t('$(play-circle) {0} runs', started.name), 5_000);
  // The change that adds its row may still be on its way.
  if (store.container(created.id) !== undefined && containersView.visible) await containersView.reveal(created.id, { select: true, focus: false });
}
