// Forgets the login to a registry that this extension keeps. Docker's own configuration is not ours to change.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Command, Services } from '../../services.js';
import { registryAt } from './registryAt.js';

export const logout: Command = async (services, id) => {
  const registry = registryAt(id) ?? (await pickLogin(services));
  if (registry === undefined) return;
  if (await services.logins.remove(registry)) vscode.window.setStatusBarMessage(l10n.t('$(sign-out) Logged out of {0}', registry), 5_000);
  else if (await services.dockerConfig.find(registry))
    void vscode.window.showInformationMessage(l10n.t('The login to {0} is in your Docker configuration: “docker logout {0}” takes it away.', registry));
  else void vscode.window.showInformationMessage(l10n.t('You are not logged in to {0}.', registry));
};

async function pickLogin({ logins }: Services): Promise<string | undefined> {
  const registries = await logins.registries();
  if (registries.length === 0) return void vscode.window.showInformationMessage(l10n.t('You are logged in to no registry.'));
  return vscode.window.showQuickPick([...registries], { placeHolder: l10n.t('Log out of which registry?') });
}
