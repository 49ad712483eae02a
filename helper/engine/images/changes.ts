// The config of an image that is made from another one: what that says, with changes, one layer more, and a line of history. Pure.
import type { ImageChanges } from '../../../protocol/containers.js';
import { Failure } from '../failure.js';
import { CONFIG_MAX_BYTES, decodeDocument, imageConfig, LAYERS_MAX, type ImageConfig } from './documents.js';
import type { Document } from './archive/candidate.js';
import { document } from './synthesize.js';

export interface NewLayer {
  readonly diffId: string;
  readonly createdMs: number;
  /** As `docker history` shows it. */
  readonly createdBy: string;
  readonly author: string | undefined;
  readonly message: string | undefined;
}

/** Of the parent's build, not of what becomes of it. */
const NOT_INHERITED: ReadonlySet<string> = new Set(['container', 'container_config', 'id', 'parent', 'docker_version', 'author']);

/** Throws LIMIT when the outcome is more than an image may say. */
export function changedConfig(parent: ImageConfig, changes: ImageChanges, layer: NewLayer): Document {
  const created = new Date(layer.createdMs).toISOString();
  const kept = Object.fromEntries(Object.entries(parent).filter(([key]) => !NOT_INHERITED.has(key)));
  const diffIds = [...parent.rootfs.diff_ids, layer.diffId];
  if (diffIds.length > LAYERS_MAX) throw new Failure('LIMIT', { reason: `an image can have ${LAYERS_MAX} layers` });
  const made = document({
    ...kept,
    created,
    ...(layer.author === undefined ? {} : { author: layer.author }),
    config: changedDefaults(parent.config ?? {}, changes),
    rootfs: { ...parent.rootfs, diff_ids: diffIds },
    history: [...(parent.history ?? []), historyEntry(layer, created)],
  });
  if (made.bytes.length > CONFIG_MAX_BYTES) throw new Failure('LIMIT', { reason: `an image’s config can have ${CONFIG_MAX_BYTES} bytes` });
  return fitting(made);
}

type Defaults = NonNullable<ImageConfig['config']>;

function changedDefaults(
  parent: Defaults,
  { entrypoint, command, environment, labels, workingDirectory, user, exposedPorts, stopSignal }: ImageChanges,
): Defaults {
  return {
    ...parent,
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(command === undefined ? {} : { Cmd: command }),
    ...(workingDirectory === undefined ? {} : { WorkingDir: workingDirectory }),
    ...(user === undefined ? {} : { User: user }),
    ...(stopSignal === undefined ? {} : { StopSignal: String(stopSignal) }),
    ...(environment.length === 0 ? {} : { Env: mergedEnvironment(parent.Env ?? [], environment) }),
    ...(Object.keys(labels).length === 0 ? {} : { Labels: { ...parent.Labels, ...labels } }),
    ...(exposedPorts.length === 0 ? {} : { ExposedPorts: { ...parent.ExposedPorts, ...Object.fromEntries(exposedPorts.map(portEntry)) } }),
  };
}

/** A variable keeps its place. */
function mergedEnvironment(parent: readonly string[], added: readonly string[]): string[] {
  return [...new Map([...parent, ...added].map((variable) => [variable.replace(/=.*$/s, ''), variable])).values()];
}

function portEntry(port: string): readonly [string, object] {
  return [port.includes('/') ? port : `${port}/tcp`, {}];
}

function historyEntry({ createdBy, author, message }: NewLayer, created: string): object {
  return { created, created_by: createdBy, ...(author === undefined ? {} : { author }), ...(message === undefined ? {} : { comment: message }) };
}

/** What could not be read again is not written. */
function fitting(made: Document): Document {
  try {
    decodeDocument(imageConfig, made.bytes, 'the changed config');
    return made;
  } catch (error) {
    if (error instanceof Failure) throw new Failure('LIMIT', { ...error.fields });
    throw error;
  }
}
