// Ends pulls, whichever window has asked for them.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { PullSummary } from '../../../protocol/images.js';
import { rowOf } from '../../model/imageTree.js';
import type { Command, Services } from '../../services.js';
import { pullWords } from '../../ui/pullWords.js';
import { forEach, IMAGES_VIEW } from '../forEach.js';
import { ASK_AGAIN, SELECTION } from '../ids.js';
import { ready } from '../ready.js';

export const cancelPull: Command = async (services, id, selected) => {
  await ready(services.client);
  const pulls = id === undefined || id === ASK_AGAIN ? await pickPulls(services) : pullsAt(services, elementsOf(services, id, selected));
  await forEach(services, IMAGES_VIEW, pulls, ({ id: pull }) => services.client.call('image/cancelPull', { id: pull }));
};

function elementsOf({ imagesView }: Services, id: string, selected: readonly string[] | undefined): readonly string[] {
  return id === SELECTION ? imagesView.selection : (selected ?? [id]);
}

function pullsAt({ store }: Services, elements: readonly string[]): PullSummary[] {
  const rows = elements.map(rowOf).filter((row) => row?.kind === 'pull' || row?.kind === 'pullLayer');
  return [...new Set(rows.map((row) => row.id))].map((id) => store.world.pulls.get(id)).filter((pull) => pull !== undefined);
}

async function pickPulls({ store }: Services): Promise<readonly PullSummary[]> {
  const pulls = [...store.world.pulls.values()];
  if (pulls.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('Nothing is being pulled.'));
    return [];
  }
  const items = pulls.map((pull) => ({ label: pull.reference, description: pullWords(pull), iconPath: new vscode.ThemeIcon('cloud-download'), pull }));
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t('End which pulls?'), canPickMany: true }))?.map(({ pull }) => pull) ?? [];
}
