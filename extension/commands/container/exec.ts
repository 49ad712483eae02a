// Runs a further program in a running container, in a terminal.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { canEnter } from '../../model/containerState.js';
import { commandProblem } from '../../model/runForm.js';
import { splitWords } from '../../model/words.js';
import type { Command } from '../../services.js';
import { problemText } from '../../ui/formProblems.js';
import { targetContainer } from '../targets.js';

const LAST_KEY = 'exec.last';

export const exec: Command = async (services, id) => {
  const container = await targetContainer(services, { id }, ({ state }) => canEnter(state), l10n.t('Run a program in which container?'));
  if (container === undefined) return;
  const line = await vscode.window.showInputBox({
    title: l10n.t('Run in {0}', container.name),
    prompt: l10n.t('A program and its arguments. No shell reads it.'),
    placeHolder: 'ps aux',
    value: services.workspaceState.get(LAST_KEY, ''),
    validateInput: (typed) => {
      const problem = commandProblem(typed);
      return problem === undefined ? undefined : problemText(problem);
    },
  });
  const command = splitWords(line ?? '');
  if (line === undefined || command === undefined || command.length === 0) return;
  await services.workspaceState.update(LAST_KEY, line);
  services.terminals.exec(container, command);
};
