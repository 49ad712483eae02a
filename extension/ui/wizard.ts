// The steps of a series of questions: a count, a way back, and a shortcut to the end. Knows nothing of what is asked.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Answer } from '../model/inTurn.js';

export interface Frame {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly canGoBack: boolean;
  /** Offers the button that skips the remaining steps; its tooltip. */
  readonly finish: string | undefined;
}

export interface TextStep {
  readonly value: string;
  readonly placeholder: string;
  readonly prompt: string;
  /** Shows dots for what is typed. */
  readonly isSecret?: boolean;
  /** What is wrong, or undefined. */
  validate(value: string): string | undefined;
}

export interface PickStep<I extends vscode.QuickPickItem> {
  readonly items: readonly I[];
  readonly placeholder: string;
  readonly active: readonly I[];
  /** Several may be picked; these are picked at first. */
  readonly many?: { readonly picked: readonly I[] };
  /** A button of an item was pressed: the items as they now are. */
  onItemButton?(item: I): readonly I[];
}

export function askText(frame: Frame, step: TextStep): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  Object.assign(input, { value: step.value, placeholder: step.placeholder, prompt: step.prompt, password: step.isSecret ?? false });
  const check = () => {
    const problem = step.validate(input.value);
    input.validationMessage = problem;
    return problem === undefined;
  };
  // Who has not typed anything yet has made no mistake.
  if (step.value !== '') check();
  input.onDidChangeValue(check);
  return show(input, frame, () => (check() ? { value: input.value } : undefined));
}

export function askPick<I extends vscode.QuickPickItem>(frame: Frame, step: PickStep<I>): Promise<Answer<readonly I[]>> {
  const pick = vscode.window.createQuickPick<I>();
  Object.assign(pick, { items: step.items, placeholder: step.placeholder, matchOnDescription: true, matchOnDetail: true });
  if (step.many === undefined) {
    pick.activeItems = step.active;
  } else {
    pick.canSelectMany = true;
    pick.selectedItems = step.many.picked;
  }
  pick.onDidTriggerItemButton(({ item }) => {
    // The items may have been replaced before: what is picked has its place among those that are there now.
    const picked = new Set(pick.selectedItems.map((each) => pick.items.indexOf(each)));
    pick.items = step.onItemButton?.(item) ?? pick.items;
    pick.selectedItems = pick.items.filter((_, at) => picked.has(at));
  });
  return show(pick, frame, () => {
    // Of single ones none is selected before Enter: the one that is lit is meant.
    const chosen = step.many === undefined && pick.selectedItems.length === 0 ? pick.activeItems : pick.selectedItems;
    return step.many !== undefined || chosen.length > 0 ? { value: chosen } : undefined;
  });
}

/** `accept`: the answer, or undefined while what is typed can't be accepted. */
function show<T>(
  input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>,
  frame: Frame,
  accept: () => { readonly value: T } | undefined,
): Promise<Answer<T>> {
  const finish: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('run-all'), tooltip: frame.finish ?? '' };
  input.title = frame.title;
  input.step = frame.step;
  input.totalSteps = frame.totalSteps;
  input.ignoreFocusOut = true;
  input.buttons = [...(frame.canGoBack ? [vscode.QuickInputButtons.Back] : []), ...(frame.finish === undefined ? [] : [finish])];
  return new Promise((resolve) => {
    const settle = (answer: Answer<T>) => {
      resolve(answer);
      input.dispose();
    };
    const go = (move: 'next' | 'finish') => {
      const accepted = accept();
      if (accepted !== undefined) settle({ move, ...accepted });
    };
    input.onDidAccept(() => go('next'));
    input.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) settle({ move: 'back', value: accept()?.value });
      else go('finish');
    });
    input.onDidHide(() => settle({ move: 'cancel' }));
    input.show();
  });
}

/** The tooltip of the button that skips the rest. */
export const finishTooltip = (): string => l10n.t('Run now, the rest as it is');
