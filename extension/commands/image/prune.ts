// Removes images that no container uses: which of them the user chooses, seeing what each choice would free.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ParamsInput, Result } from '../../../protocol/methods.js';
import { formatBytes } from '../../model/age.js';
import { imageName } from '../../model/selectors.js';
import type { Command, Services } from '../../services.js';
import { withViewProgress } from '../../ui/progress.js';
import { IMAGES_VIEW } from '../forEach.js';
import { ready } from '../ready.js';

const DAY_MS = 24 * 60 * 60 * 1000;

interface Choice extends vscode.QuickPickItem {
  readonly params: ParamsInput<'image/prune'>;
  readonly would: Result<'image/prune'>;
}

export const prune: Command = async (services) => {
  await ready(services.client);
  const choices = (await withViewProgress(IMAGES_VIEW, () => choicesOf(services))).filter(({ would }) => would.images.length > 0);
  if (choices.length === 0) return void vscode.window.showInformationMessage(l10n.t('Every image has a name and is in use: there is nothing to remove.'));
  const chosen = await vscode.window.showQuickPick(choices, { title: l10n.t('Remove unused images'), placeHolder: l10n.t('Which of them?') });
  if (chosen !== undefined && (await isConfirmed(services, chosen))) await pruneNow(services, chosen.params);
};

async function pruneNow({ client }: Services, params: ParamsInput<'image/prune'>): Promise<void> {
  const { images, freedBytes } = await withViewProgress(IMAGES_VIEW, () => client.call('image/prune', params));
  void vscode.window.showInformationMessage(l10n.t('Removed {0}; {1} are free again.', count(images.length), formatBytes(freedBytes)));
}

function choicesOf({ client }: Services): Promise<readonly Choice[]> {
  const now = Date.now();
  const ask = async (label: string, params: ParamsInput<'image/prune'>): Promise<Choice> => {
    const would = await client.call('image/prune', { ...params, dryRun: true });
    const description = l10n.t('{0}, frees {1}', count(would.images.length), formatBytes(would.freedBytes));
    return { label, description, detail: would.images.map(imageName).join(', '), params, would };
  };
  return Promise.all([
    ask(l10n.t('Without a name'), {}),
    ask(l10n.t('All that no container uses'), { all: true }),
    ask(l10n.t('Those of them that came more than a week ago'), { all: true, untilMs: now - 7 * DAY_MS }),
    ask(l10n.t('Those of them that came more than a month ago'), { all: true, untilMs: now - 30 * DAY_MS }),
  ]);
}

async function isConfirmed({ settings }: Services, { would }: Choice): Promise<boolean> {
  if (!settings.confirmRemove) return true;
  const yes = l10n.t('Remove');
  const question = l10n.t('Remove {0} and free {1}?', count(would.images.length), formatBytes(would.freedBytes));
  return (await vscode.window.showWarningMessage(question, { modal: true, detail: would.images.map(imageName).join('\n') }, yes)) === yes;
}

function count(images: number): string {
  return images === 1 ? l10n.t('1 image') : l10n.t('{0} images', images);
}
