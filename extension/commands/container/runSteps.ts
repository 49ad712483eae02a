// The steps of "Run Container…", in their order. Each takes the form so far and answers with the form after it.
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { MountSpec, RestartPolicy } from '../../../protocol/containers.js';
import type { ImageSummary } from '../../../protocol/images.js';
import { askInTurn, type Answer } from '../../model/inTurn.js';
import { commandProblem, environmentProblem, isProblem, nameProblem, parseLimits, type Problem, type RunForm } from '../../model/runForm.js';
import { containerNamed, imageCalled, imageName, imageTarget } from '../../model/selectors.js';
import type { WorldStore } from '../../model/worldStore.js';
import { problemText } from '../../ui/formProblems.js';
import type { Owners } from '../../ui/owners.js';
import { imageChoices } from '../../ui/pick.js';
import { askPick, askText, finishTooltip, type Frame } from '../../ui/wizard.js';

/** Whose container it will be, and what there is already. */
export interface Asker {
  readonly store: WorldStore;
  readonly owners: Owners;
  readonly uid: number;
  /** Pulls one that is not there yet; undefined: the user left. */
  pullImage(): Promise<ImageSummary | undefined>;
}

type Step = (form: RunForm, frame: Frame, asker: Asker) => Promise<Answer<RunForm>>;

/** Undefined: the user left. */
export async function askRunForm(asker: Asker, start: RunForm, asksForImage: boolean): Promise<RunForm | undefined> {
  const steps = [
    ...(asksForImage ? [askImage] : []),
    askCommand,
    askInteractive,
    askName,
    ...(hasFolders() ? [askMounts] : []),
    askEnvironment,
    askLimits,
    askRestart,
  ];
  return askInTurn(start, steps.length, async (form, at) => {
    const image = imageCalled(asker.store.world, form.image, asker.uid);
    const title = form.image === '' || (at === 0 && asksForImage) ? l10n.t('Run a container') : l10n.t('Run {0}', image ? imageName(image) : form.image);
    const frame: Frame = { title, step: at + 1, totalSteps: steps.length, canGoBack: at > 0, finish: form.image === '' ? undefined : finishTooltip() };
    return (await steps[at]?.(form, frame, asker)) ?? { move: 'cancel' };
  });
}

const askImage: Step = async (form, frame, asker) => {
  const target = (image: ImageSummary) => imageTarget(asker.store.world, image, asker.uid);
  const answer = await askImageThatIsThere(form, frame, asker);
  return after(answer, (image) => ({ ...form, image: image === undefined ? form.image : target(image) }));
};

/** Whoever wants another one pulls it, and is asked again if nothing came of that. */
async function askImageThatIsThere(form: RunForm, frame: Frame, asker: Asker): Promise<Answer<ImageSummary | undefined>> {
  const { store, owners, uid } = asker;
  for (;;) {
    const items: ImageItem[] = [...imageChoices(store, owners), pullItem()];
    const active = items.filter(({ value }) => value !== undefined && imageTarget(store.world, value, uid) === form.image);
    const answer = await askPick(frame, { items, active, placeholder: l10n.t('From which image?') });
    if (answer.move === 'cancel') return answer;
    const [item] = answer.value ?? [];
    if (answer.move === 'back' || item?.value !== undefined) return { move: answer.move, value: item?.value };
    const pulled = await asker.pullImage();
    if (pulled !== undefined) return { move: 'next', value: pulled };
  }
}

interface ImageItem extends vscode.QuickPickItem {
  /** Undefined: one that is not there yet. */
  readonly value: ImageSummary | undefined;
}

function pullItem(): ImageItem {
  return { label: l10n.t('Pull another image…'), iconPath: new vscode.ThemeIcon('cloud-download'), alwaysShow: true, value: undefined };
}

const askCommand: Step = (form, frame) =>
  textStep(
    form,
    frame,
    'command',
    commandProblem,
    l10n.t("The image's own command"),
    l10n.t('The program to run and its arguments, or nothing for what the image says. No shell reads it.'),
  );

const askInteractive: Step = async (form, frame) => {
  const items = [
    {
      label: l10n.t('With a terminal'),
      detail: l10n.t('Opens it here, for shells and whatever one types into.'),
      iconPath: new vscode.ThemeIcon('terminal'),
      isInteractive: true,
    },
    {
      label: l10n.t('In the background'),
      detail: l10n.t('For servers and jobs; what it prints is in its log.'),
      iconPath: new vscode.ThemeIcon('server-process'),
      isInteractive: false,
    },
  ];
  const active = items.filter((item) => item.isInteractive === form.isInteractive);
  const answer = await askPick(frame, { items, active, placeholder: l10n.t('How shall it run?') });
  return after(answer, ([item]) => ({ ...form, isInteractive: item?.isInteractive ?? form.isInteractive }));
};

const askName: Step = (form, frame, { store, uid }) => {
  const isTaken = (name: string) => containerNamed(store.world, name, uid) !== undefined;
  return textStep(form, frame, 'name', (name) => nameProblem(name, isTaken), l10n.t('A name is made up'), l10n.t('What it is called here.'));
};

const askEnvironment: Step = (form, frame) =>
  textStep(
    form,
    frame,
    'environment',
    environmentProblem,
    'LANG=C.UTF-8 GREETING="good morning"',
    l10n.t('Environment variables besides those of the image: NAME=value, separated by spaces.'),
  );

const askLimits: Step = (form, frame) =>
  textStep(
    form,
    frame,
    'limits',
    limitsProblem,
    'memory=256m cpus=0.5 pids=100',
    l10n.t('Limits that the kernel holds it to: memory=, swap=, cpus=, pids=. Nothing: no limit.'),
  );

function limitsProblem(line: string): Problem | undefined {
  const limits = parseLimits(line);
  return isProblem(limits) ? limits : undefined;
}

interface MountItem extends vscode.QuickPickItem {
  readonly mount: MountSpec;
}

const askMounts: Step = async (form, frame) => {
  let items = workspaceFolders().map(({ source, target }) => mountItem(source, target, mountOf(form, source)?.readOnly ?? false));
  const picked = items.filter(({ mount }) => mount.type === 'bind' && mountOf(form, mount.source) !== undefined);
  const onItemButton = (item: MountItem) => (items = items.map((each) => (each.description === item.description ? toggled(each) : each)));
  const answer = await askPick(frame, { items, active: [], many: { picked }, onItemButton, placeholder: l10n.t('Which folders shall it see?') });
  return after(answer, (chosen) => ({ ...form, mounts: chosen.map(({ mount }) => mount) }));
};

const askRestart: Step = async (form, frame) => {
  const items: (vscode.QuickPickItem & { readonly restart: RestartPolicy })[] = [
    { label: l10n.t('Never'), detail: l10n.t('It stays ended.'), restart: { name: 'no' } },
    {
      label: l10n.t('On failure'),
      detail: l10n.t('When it ends with an exit code other than 0, five times at most.'),
      restart: { name: 'on-failure', maximumRetryCount: 5 },
    },
    {
      label: l10n.t('Unless stopped'),
      detail: l10n.t('Whenever it ends, and when the machine starts; not after you stopped it.'),
      restart: { name: 'unless-stopped' },
    },
    { label: l10n.t('Always'), detail: l10n.t('Whenever it ends, and when the machine starts.'), restart: { name: 'always' } },
  ];
  const active = items.filter(({ restart }) => restart.name === form.restart.name);
  const answer = await askPick(frame, { items, active, placeholder: l10n.t('Shall it be started again when it ends?') });
  return after(answer, ([item]) => ({ ...form, restart: item?.restart ?? form.restart }));
};

async function textStep(
  form: RunForm,
  frame: Frame,
  field: 'command' | 'name' | 'environment' | 'limits',
  problemOf: (value: string) => Problem | undefined,
  placeholder: string,
  prompt: string,
): Promise<Answer<RunForm>> {
  const validate = (value: string) => {
    const problem = problemOf(value.trim());
    return problem === undefined ? undefined : problemText(problem);
  };
  const answer = await askText(frame, { value: form[field], placeholder, prompt, validate });
  return after(answer, (value) => ({ ...form, [field]: value.trim() }));
}

function after<T>(answer: Answer<T>, then: (value: T) => RunForm): Answer<RunForm> {
  if (answer.move === 'cancel') return answer;
  if (answer.move === 'back') return { move: 'back', value: answer.value === undefined ? undefined : then(answer.value) };
  return { move: answer.move, value: then(answer.value) };
}

/** Folders of this machine, with where they go; folders of the same name are told apart by a number. */
function workspaceFolders(): { source: string; target: string }[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  return folders.map((source, at) => {
    const name = path.basename(source);
    const before = folders.slice(0, at).filter((other) => path.basename(other) === name).length;
    return { source, target: `/workspaces/${name}${before === 0 ? '' : `-${before + 1}`}` };
  });
}

function hasFolders(): boolean {
  return workspaceFolders().length > 0;
}

function mountOf(form: RunForm, source: string): MountSpec | undefined {
  return form.mounts.find((mount) => mount.type === 'bind' && mount.source === source);
}

function mountItem(source: string, target: string, readOnly: boolean): MountItem {
  return {
    label: path.basename(source),
    description: source,
    detail: readOnly ? l10n.t('at {0}, read-only', target) : l10n.t('at {0}, may be written', target),
    iconPath: new vscode.ThemeIcon('folder'),
    buttons: [{ iconPath: new vscode.ThemeIcon(readOnly ? 'lock' : 'unlock'), tooltip: readOnly ? l10n.t('Let it write') : l10n.t('Make it read-only') }],
    mount: { type: 'bind', source, target, readOnly },
  };
}

function toggled(item: MountItem): MountItem {
  return item.mount.type === 'bind' ? mountItem(item.mount.source, item.mount.target, !item.mount.readOnly) : item;
}
