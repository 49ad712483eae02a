// Runs a new container: asks step by step what it shall be, remembers the answers, makes and starts it, and shows its terminal.
import { l10n } from 'vscode';
import * as vscode from 'vscode';
import { blankForm, specOf, type RunForm } from '../../model/runForm.js';
import { containerNamed, freeName, imageName } from '../../model/selectors.js';
import type { Command, Services } from '../../services.js';
import { withViewProgress } from '../../ui/progress.js';
import { CONTAINERS_VIEW } from '../forEach.js';
import { importEmbedded } from '../image/importEmbedded.js';
import { ready } from '../ready.js';
import { askRunForm } from './runSteps.js';

const LAST_KEY = 'run.last';

export const run: Command = (services) => runFrom(services, undefined);

/** With an image that is chosen already, or without. */
export async function runFrom(services: Services, image: string | undefined): Promise<void> {
  await ready(services.client);
  if (services.store.world.images.size === 0) await importEmbedded(services);
  const form = await askRunForm(services.store, startingForm(services, image), image === undefined);
  if (form === undefined) return;
  await services.workspaceState.update(LAST_KEY, form);
  await create(services, form);
}

/** The last run once more, at once. */
export const runAgain: Command = async (services) => {
  await ready(services.client);
  const last = lastForm(services);
  if (last === undefined) await run(services);
  else await create(services, { ...last, name: last.name === '' ? '' : freeName(services.store.world, last.name) });
};

/** The answers of last time, where they still make sense. */
function startingForm(services: Services, image: string | undefined): RunForm {
  const last = lastForm(services);
  const first = [...services.store.world.images.values()][0];
  const chosen = image ?? last?.image ?? (first === undefined ? '' : imageName(first));
  if (last === undefined || (image !== undefined && image !== last.image)) return { ...blankForm, image: chosen };
  return { ...last, image: chosen, name: containerNamed(services.store.world, last.name) === undefined ? last.name : '' };
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
