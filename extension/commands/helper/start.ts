// Starts the installed helper, or offers to install one.
import type { Command } from '../../services.js';
import { install } from './install.js';

export const start: Command = async (services) => {
  if (services.client.state.status === 'ready') return;
  if (services.installation.isInstalled) services.installation.start();
  else await install(services);
};
