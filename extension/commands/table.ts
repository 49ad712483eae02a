// Every command: its id and what it does. A missing one does not compile.
import * as vscode from 'vscode';
import type { Command, Services } from '../services.js';
import { showError } from '../ui/errors.js';
import { attach } from './container/attach.js';
import { copyId as copyContainerId } from './container/copyId.js';
import { copyName } from './container/copyName.js';
import { exec } from './container/exec.js';
import { inspect as inspectContainer } from './container/inspect.js';
import { kill } from './container/kill.js';
import { open } from './container/open.js';
import { openShell } from './container/openShell.js';
import { pause } from './container/pause.js';
import { prune } from './container/prune.js';
import { remove as removeContainer } from './container/remove.js';
import { rename } from './container/rename.js';
import { restart } from './container/restart.js';
import { run, runAgain } from './container/run.js';
import { showLedger } from './container/showLedger.js';
import { showLog } from './container/showLog.js';
import { start } from './container/start.js';
import { stop } from './container/stop.js';
import { unpause } from './container/unpause.js';
import { install } from './helper/install.js';
import { reconnect } from './helper/reconnect.js';
import { showLog as showHelperLog } from './helper/showLog.js';
import { start as startHelper } from './helper/start.js';
import type { CommandId } from './ids.js';
import { cancelPull } from './image/cancelPull.js';
import { copyId as copyImageId } from './image/copyId.js';
import { importFile } from './image/import.js';
import { importEmbedded } from './image/importEmbedded.js';
import { importFolder } from './image/importFolder.js';
import { inspect as inspectImage } from './image/inspect.js';
import { prune as pruneImages } from './image/prune.js';
import { pull, pullForPlatform } from './image/pull.js';
import { push } from './image/push.js';
import { remove as removeImage } from './image/remove.js';
import { run as runImage } from './image/run.js';
import { save } from './image/save.js';
import { tag } from './image/tag.js';
import { openWalkthrough } from './openWalkthrough.js';
import { copyName as copyRegistryName } from './registry/copyName.js';
import { login } from './registry/login.js';
import { logout } from './registry/logout.js';
import { refresh } from './registry/refresh.js';

const table: Readonly<Record<CommandId, Command>> = {
  'bulkhead.container.run': run,
  'bulkhead.container.runAgain': runAgain,
  'bulkhead.container.open': open,
  'bulkhead.container.start': start,
  'bulkhead.container.stop': stop,
  'bulkhead.container.restart': restart,
  'bulkhead.container.kill': kill,
  'bulkhead.container.pause': pause,
  'bulkhead.container.unpause': unpause,
  'bulkhead.container.rename': rename,
  'bulkhead.container.remove': removeContainer,
  'bulkhead.container.prune': prune,
  'bulkhead.container.inspect': inspectContainer,
  'bulkhead.container.showLog': showLog,
  'bulkhead.container.showLedger': showLedger,
  'bulkhead.container.attach': attach,
  'bulkhead.container.openShell': openShell,
  'bulkhead.container.exec': exec,
  'bulkhead.container.copyId': copyContainerId,
  'bulkhead.container.copyName': copyName,
  'bulkhead.image.run': runImage,
  'bulkhead.image.pull': pull,
  // The same, where its row says already which one.
  'bulkhead.image.pullNamed': pull,
  'bulkhead.image.pullForPlatform': pullForPlatform,
  'bulkhead.image.cancelPull': cancelPull,
  'bulkhead.image.import': importFile,
  'bulkhead.image.importFolder': importFolder,
  'bulkhead.image.importEmbedded': importEmbedded,
  'bulkhead.image.push': push,
  'bulkhead.image.save': save,
  'bulkhead.image.prune': pruneImages,
  'bulkhead.image.inspect': inspectImage,
  'bulkhead.image.tag': tag,
  'bulkhead.image.remove': removeImage,
  'bulkhead.image.copyId': copyImageId,
  'bulkhead.registry.login': login,
  'bulkhead.registry.logout': logout,
  'bulkhead.registry.refresh': refresh,
  'bulkhead.registry.copyName': copyRegistryName,
  'bulkhead.helper.install': install,
  'bulkhead.helper.start': startHelper,
  'bulkhead.helper.reconnect': reconnect,
  'bulkhead.helper.showLog': showHelperLog,
  'bulkhead.openWalkthrough': openWalkthrough,
};

/** A command's failure is shown here, and nowhere else. */
export function registerCommands(services: Services): vscode.Disposable {
  const registrations = Object.entries(table).map(([id, command]) =>
    vscode.commands.registerCommand(id, async (target?: unknown, selected?: unknown) => {
      try {
        await command(services, stringOf(target), stringsOf(selected));
      } catch (error) {
        void showError(error, services.log);
      }
    }),
  );
  return vscode.Disposable.from(...registrations);
}

/** What VS Code passes depends on where a command was invoked: only our own elements count. */
function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function stringsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string') ? value : undefined;
}
