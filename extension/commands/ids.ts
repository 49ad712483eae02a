// The commands' ids, as package.json declares them, and the special arguments that key bindings and buttons pass.

export const commandIds = [
  'bulkhead.container.run',
  'bulkhead.container.runAgain',
  'bulkhead.container.open',
  'bulkhead.container.start',
  'bulkhead.container.stop',
  'bulkhead.container.restart',
  'bulkhead.container.kill',
  'bulkhead.container.pause',
  'bulkhead.container.unpause',
  'bulkhead.container.rename',
  'bulkhead.container.remove',
  'bulkhead.container.prune',
  'bulkhead.container.inspect',
  'bulkhead.container.showLog',
  'bulkhead.container.showLedger',
  'bulkhead.container.attach',
  'bulkhead.container.openShell',
  'bulkhead.container.exec',
  'bulkhead.container.copyId',
  'bulkhead.container.copyName',
  'bulkhead.image.run',
  'bulkhead.image.pull',
  'bulkhead.image.pullNamed',
  'bulkhead.image.pullForPlatform',
  'bulkhead.image.cancelPull',
  'bulkhead.image.import',
  'bulkhead.image.importFolder',
  'bulkhead.image.importEmbedded',
  'bulkhead.image.push',
  'bulkhead.image.save',
  'bulkhead.image.prune',
  'bulkhead.image.inspect',
  'bulkhead.image.tag',
  'bulkhead.image.remove',
  'bulkhead.image.copyId',
  'bulkhead.registry.login',
  'bulkhead.registry.logout',
  'bulkhead.registry.refresh',
  'bulkhead.registry.copyName',
  'bulkhead.helper.install',
  'bulkhead.helper.start',
  'bulkhead.helper.reconnect',
  'bulkhead.helper.showLog',
  'bulkhead.openWalkthrough',
] as const;

export type CommandId = (typeof commandIds)[number];

/** As first argument: what is selected in the view. Key bindings pass it. */
export const SELECTION = 'selection:view';

/** As first argument: ask which, whatever is selected. */
export const ASK_AGAIN = 'selection:ask';
