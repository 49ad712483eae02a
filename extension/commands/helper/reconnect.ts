// Tries the connection again at once.
import type { Command } from '../../services.js';
import { showError } from '../../ui/errors.js';
import { UnreachableError } from '../../client/socket.js';

export const reconnect: Command = async ({ client, log }) => {
  client.connect();
  const state = await client.settled();
  if (state.status === 'unreachable') await showError(new UnreachableError(state.why, client.socketPath), log);
};
