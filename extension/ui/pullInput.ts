// Asks for the name of an image to pull, and completes it by the tags that the registry has.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { fullName } from '../model/references.js';
import type { TagCompletion } from '../registries/tagCompletion.js';

export interface PullAnswer {
  /** As it was typed or chosen; it is a name of an image. */
  readonly text: string;
  /** It shall be asked for which platform. */
  readonly asksPlatform: boolean;
}

interface NameItem extends vscode.QuickPickItem {
  /** Undefined: it can't be taken. */
  readonly text: string | undefined;
}

export interface PullQuestion {
  readonly title: string;
  readonly completion: TagCompletion;
  /** The images that a name may mean. */
  readonly candidates: (text: string) => readonly string[];
}

/** Undefined: the user left. */
export function askImageToPull({ title, completion, candidates }: PullQuestion): Promise<PullAnswer | undefined> {
  const pick = vscode.window.createQuickPick<NameItem>();
  const platform: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('server-environment'), tooltip: l10n.t('Pull for Another Platform…') };
  // The newest tags stay first where VS Code lets us say so (`sortByLabel` is not in its stable types).
  Object.assign(pick, { sortByLabel: false, title, buttons: [platform], placeholder: l10n.t('alpine, ghcr.io/owner/image:tag, localhost:5000/image') });
  const draw = () => {
    const text = pick.value.trim();
    const found = completion.complete(text, draw);
    const isOnTheWay = text.endsWith(':') && candidates(text.slice(0, -1)).length > 0;
    pick.items = [...(isOnTheWay ? [] : typedItem(text, candidates(text))), ...found.filter((name) => name !== text).map(foundItem)];
    pick.busy = completion.isBusy;
  };
  pick.onDidChangeValue(draw);
  return new Promise((resolve) => {
    const accept = (asksPlatform: boolean) => {
      const text = pick.activeItems[0]?.text;
      if (text === undefined) return;
      resolve({ text, asksPlatform });
      pick.hide();
    };
    pick.onDidAccept(() => accept(false));
    pick.onDidTriggerButton(() => accept(true));
    pick.onDidHide(() => {
      completion.stop();
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

function typedItem(text: string, meant: readonly string[]): NameItem[] {
  if (text === '') return [];
  const iconPath = new vscode.ThemeIcon('cloud-download');
  if (meant.length === 0)
    return [{ label: text, description: l10n.t('is not a name of an image'), iconPath: new vscode.ThemeIcon('warning'), alwaysShow: true, text: undefined }];
  return [{ label: text, description: meant.map(fullName).join(l10n.t(', or ')), iconPath, alwaysShow: true, text }];
}

function foundItem(name: string): NameItem {
  return { label: name, iconPath: new vscode.ThemeIcon('tag'), text: name };
}

const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/386', 'linux/ppc64le', 'linux/riscv64', 'linux/s390x'];

/** Undefined: the user left. */
export async function askPlatform(title: string): Promise<string | undefined> {
  const items = PLATFORMS.map((label) => ({ label, iconPath: new vscode.ThemeIcon('server-environment') }));
  return (await vscode.window.showQuickPick(items, { title, placeHolder: l10n.t('For which platform?') }))?.label;
}
