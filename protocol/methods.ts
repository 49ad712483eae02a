// The protocol: every method that crosses the socket, with its params, result, permission and meaning, in one table.
// The helper's handlers are a mapped type over it and its dispatch decodes by it; the client's calls are typed by it.
import { z } from 'zod';
import { containerDetails, containerParams, containerResults, containerStats, containerSummary } from './containers.js';
import { snapshot } from './events.js';
import { imageDetails, imageParams, imageResults, imageSummary } from './images.js';
import { auditParams, auditResult, systemInfo } from './system.js';

/** Who may call: `user` — everyone whom the policy admits, for his own objects; `admin` — root and whom the policy names. */
export type Permission = 'user' | 'admin';

interface Method<P extends z.ZodType, R extends z.ZodType> {
  readonly params: P;
  readonly result: R;
  readonly permission: Permission;
  /** Whether it changes something: such calls go to the audit log. */
  readonly mutates: boolean;
  readonly doc: string;
}

const read = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R, doc: string): Method<P, R> => ({
  params,
  result,
  permission: 'user',
  mutates: false,
  doc,
});
const write = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R, doc: string): Method<P, R> => ({
  params,
  result,
  permission: 'user',
  mutates: true,
  doc,
});

const nothing = z.strictObject({});
const c = containerParams;
const cr = containerResults;
const i = imageParams;
const ir = imageResults;

export const methods = {
  'system/info': read(nothing, systemInfo, 'Versions, the caller as the kernel sees him, the host and what it lacks.'),
  'system/ping': read(nothing, nothing, 'Answers at once.'),
  'system/audit': read(auditParams, auditResult, 'The newest records of what the caller did and was denied.'),

  'container/create': write(c.create, containerSummary, 'Makes a container from an image; it does not run yet.'),
  'container/start': write(c.target, containerSummary, 'Starts a created or exited container; answers once its process has been executed.'),
  'container/stop': write(c.stop, containerSummary, 'Sends the stop signal, then SIGKILL after the timeout; answers once it has exited.'),
  'container/restart': write(c.stop, containerSummary, 'Stops, if need be, and starts.'),
  'container/kill': write(c.kill, containerSummary, 'Sends a signal to the main process; whichever it is, a paused container goes on.'),
  'container/pause': write(c.target, containerSummary, 'Freezes all its processes.'),
  'container/unpause': write(c.target, containerSummary, 'Thaws them.'),
  'container/rename': write(c.rename, containerSummary, 'Gives it another name.'),
  'container/remove': write(c.remove, nothing, 'Removes it and its files; `force` kills it first.'),
  'container/inspect': read(c.target, containerDetails, 'All that is known of it, the ledger too.'),
  'container/list': read(c.list, cr.list, 'The containers that the caller can see.'),
  'container/wait': read(c.target, cr.wait, 'Answers once it is not running, with how it ended. Can be cancelled.'),
  'container/exec': write(c.exec, cr.exec, 'Runs a further process in it; its streams are at the token.'),
  'container/attach': write(c.attach, cr.attach, "The main process's streams, at the token."),
  'container/resize': write(c.resize, nothing, 'Sets the size of a terminal.'),
  'container/logs': read(c.logs, cr.logs, 'Its log, at the token, in the CRI format.'),
  'container/stats': read(c.target, containerStats, 'Usage at this moment.'),
  'container/top': read(c.target, cr.top, 'Its processes, from the host’s /proc.'),
  'container/prune': write(nothing, cr.prune, 'Removes the caller’s own containers that have exited, failed, or were never started.'),
  'container/update': write(c.update, containerSummary, 'Changes limits (null clears one) and the restart policy.'),
  'container/commit': write(c.commit, imageSummary, 'Makes an image of a container’s image and of what has changed in it since. Can be cancelled.'),
  'container/export': read(c.target, cr.export, 'Its root directory as a tar, at the token; without what is mounted in it.'),

  'image/upload': write(nothing, ir.upload, 'A token for a stream that will carry an archive to `image/import`.'),
  'image/import': write(i.import, ir.import, 'Reads the archive of an upload into the store. Can be cancelled.'),
  'image/list': read(nothing, ir.list, 'The images that the caller can use.'),
  'image/inspect': read(i.target, imageDetails, 'Its config, layers and history.'),
  'image/remove': write(i.remove, ir.remove, 'Removes a name, and the image with its last name.'),
  'image/pull': write(i.pull, ir.pull, 'Fetches an image from its registry; how it gets on is pushed (`pull/upsert`). Can be cancelled.'),
  'image/cancelPull': write(i.cancelPull, nothing, 'Ends a pull, whichever connection has asked for it.'),
  'image/push': write(i.push, ir.push, 'Sends an image to a registry: what that has already is not sent. Can be cancelled.'),
  'image/save': read(i.save, ir.save, 'Images as one archive, at the token.'),
  'image/prune': write(i.prune, ir.prune, 'Removes images that no container uses.'),
  'image/usage': read(nothing, ir.usage, 'What each image takes of the disk, alone and shared.'),
  'registry/tags': read(i.tags, ir.names, 'The tags of a repository.'),
  'registry/repositories': read(i.repositories, ir.names, 'The repositories of a registry that lists them.'),
  'registry/login': read(i.login, nothing, 'Whether the registry takes the credential; nothing is kept.'),
  'image/tag': write(i.tag, imageSummary, 'Gives an image one more name.'),

  'events/subscribe': read(nothing, snapshot, 'The world now; deltas follow as `events/delta` on this connection.'),
} as const;

export type MethodName = keyof typeof methods;
/** Params as a client writes them (defaults may be left out). */
export type ParamsInput<M extends MethodName> = z.input<(typeof methods)[M]['params']>;
/** Params as a handler gets them (defaults filled in). */
export type Params<M extends MethodName> = z.output<(typeof methods)[M]['params']>;
export type Result<M extends MethodName> = z.output<(typeof methods)[M]['result']>;
