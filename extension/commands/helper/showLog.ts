// Shows what the extension has logged.
import type { Command } from '../../services.js';

export const showLog: Command = async ({ log }) => {
  log.show(true);
  return Promise.resolve();
};
