// Starts the installed helper, or offers to install one. Where the setting names another helper, that is none of ours to start.
import { isOurs } from '../../model/helperContext.js';
import type { Command } from '../../services.js';
import { ready } from '../ready.js';
import { install } from './install.js';

export const start: Command = async (services) => {
  const { client, installation } = services;
  if (client.state.status === 'ready') return;
  if (!isOurs(client.socketPath)) await ready(client);
  else if (installation.isInstalled) installation.start();
  else await install(services);
};
