// What a container runs, as one line for a list: the spec's words over the image's.
import type { ContainerSpec } from '../../../protocol/containers.js';
import type { ImageDefaults } from '../../../protocol/images.js';

const LONGEST = 200;

export function mainCommand(spec: Pick<ContainerSpec, 'entrypoint' | 'command'>, image: ImageDefaults): string {
  const entrypoint = spec.entrypoint ?? image.entrypoint;
  // Who replaces the entrypoint does not want the image's arguments for the old one.
  const command = spec.command ?? (spec.entrypoint === undefined ? image.command : []);
  const line = [...entrypoint, ...command].join(' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
