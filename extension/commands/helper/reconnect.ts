// Tries the connection again at once, and says why there is none.
import type { Command } from '../../services.js';
import { ready } from '../ready.js';

export const reconnect: Command = async ({ client }) => {
  client.connect();
  await ready(client);
};
