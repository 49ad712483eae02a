// Gives a container another name.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { containerNamed } from '../../model/selectors.js';
import { nameProblem } from '../../model/runForm.js';
import type { Command } from '../../services.js';
import { problemText } from '../../ui/formProblems.js';
import { targetContainer } from '../targets.js';

export const rename: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, () => true, l10n.t('Rename which container?'));
  if (container === undefined) return;
  const isTaken = (name: string) => name !== container.name && containerNamed(services.store.world, name, container.ownerUid) !== undefined;
  const validateInput = (name: string) => {
    if (name === '') return l10n.t('A container must have a name.');
    const problem = nameProblem(name, isTaken);
    return problem === undefined ? undefined : problemText(problem);
  };
  const name = await vscode.window.showInputBox({ title: l10n.t('Rename {0}', container.name), value: container.name, validateInput });
  if (name !== undefined && name !== container.name) await services.client.call('container/rename', { container: container.id, name });
};
