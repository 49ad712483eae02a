// Logs in to a registry: the registry is asked whether it takes the login before it is kept.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { DEFAULT_REGISTRY } from '../../../protocol/reference.js';
import { isRegistryName, registryName } from '../../model/references.js';
import type { Login } from '../../registries/logins.js';
import type { Command, Services } from '../../services.js';
import { askInTurn, type Answer } from '../../model/inTurn.js';
import { withCancellableProgress } from '../../ui/progress.js';
import { askText, type Frame } from '../../ui/wizard.js';
import { ready } from '../ready.js';
import { registryAt } from './registryAt.js';

interface Form extends Login {
  readonly registry: string;
}

/** `id`: the registry, or its row. */
export const login: Command = async (services, id) => {
  await ready(services.client);
  const form = await askForm(registryAt(id));
  if (form === undefined) return;
  const registry = registryName(form.registry);
  await withCancellableProgress(l10n.t('Logging in to {0}', registry), (_report, signal) => check(services, registry, form, signal));
  await services.logins.add(registry, { username: form.username, password: form.password });
  vscode.window.setStatusBarMessage(l10n.t('$(key) Logged in to {0} as {1}', registry, form.username), 5_000);
};

/** @throws CallError (REGISTRY) if the registry does not take it. */
async function check({ client, registries }: Services, registry: string, { username, password }: Login, signal: AbortSignal): Promise<void> {
  const access = { ...(await registries.accessWithout(registry)), credential: { kind: 'password' as const, username, password } };
  await client.call('registry/login', { access }, { signal });
}

type Step = (form: Form, frame: Frame) => Promise<Answer<Form>>;

async function askForm(registry: string | undefined): Promise<Form | undefined> {
  const steps = [...(registry === undefined ? [askRegistry] : []), askUser, askPassword];
  const start: Form = { registry: registry ?? DEFAULT_REGISTRY, username: '', password: '' };
  return askInTurn(start, steps.length, async (form, at) => {
    const title = at === 0 && registry === undefined ? l10n.t('Log in to a registry') : l10n.t('Log in to {0}', registryName(form.registry));
    const frame: Frame = { title, step: at + 1, totalSteps: steps.length, canGoBack: at > 0, finish: undefined };
    return (await steps[at]?.(form, frame)) ?? { move: 'cancel' };
  });
}

const askRegistry: Step = async (form, frame) => {
  const validate = (text: string) =>
    isRegistryName(registryName(text)) ? undefined : l10n.t('A registry is written as host or host:port, such as ghcr.io or localhost:5000.');
  const answer = await askText(frame, { value: form.registry, placeholder: DEFAULT_REGISTRY, prompt: l10n.t('Which registry?'), validate });
  return withField(form, 'registry', answer);
};

const askUser: Step = async (form, frame) => {
  const validate = (text: string) => (text.trim() === '' ? l10n.t('Who logs in?') : undefined);
  const answer = await askText(frame, { value: form.username, placeholder: '', prompt: l10n.t('Your name at the registry.'), validate });
  return withField(form, 'username', answer);
};

const askPassword: Step = async (form, frame) => {
  const validate = (text: string) => (text === '' ? l10n.t('Without a password nobody is let in.') : undefined);
  const prompt = l10n.t('Your password, or better an access token. It is kept in VS Code’s secret storage.');
  const answer = await askText(frame, { value: form.password, placeholder: '', prompt, validate, isSecret: true });
  return withField(form, 'password', answer);
};

function withField(form: Form, field: keyof Form, answer: Answer<string>): Answer<Form> {
  if (answer.move === 'cancel') return answer;
  const value = answer.value === undefined ? form : { ...form, [field]: field === 'password' ? answer.value : answer.value.trim() };
  return { move: answer.move, value };
}
