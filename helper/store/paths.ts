// Where everything is on disk. The data directory outlives a reboot, the state directory does not. What is in them is root's alone
// (0700, 0600); the state directory itself, where everybody finds the socket, is 0755.
//
//   /var/lib/bulkhead/                 data directory
//     images/                          an OCI image layout: other tools read it
//       oci-layout  index.json         one descriptor per owner and name (annotations: see imageIndex.ts)
//       blobs/sha256/<hex>             manifests, configs, layers as they came (none for a layer that was committed here and went nowhere)
//       packed.json                    which blob stands for such a layer since it has gone somewhere
//       .tmp-<random>/                 an import that goes on
//     layers/<chain-id>/               a layer unpacked, ready as an overlay lower directory; named after its blob and those below
//     containers/<id>/
//       config.json                    OCI runtime-spec config of the last (or next) start
//       record.json                    what the engine knows of it (containerRecord.ts)
//       ledger                         the kernel steps of its last operations
//       upper/  work/                  overlay
//       log                            CRI format, written by the monitor
//     audit/                           the server's (server/audit.ts)
//     lock                             of the one helper that uses it
//   /run/bulkhead/                     state directory
//     helper.sock  helper.sock.lock    the server's
//     lock                             of the one helper that uses it
//     seccomp/                         filters compiled before, bulkhead-runtime's
//     registry/<id>/                   a registry process that runs: its root, its log, its monitor's
//     containers/<id>/                 a started container: monitor.sock, exit; exec-<exec id>.sock, .exit, .unattached
//
// What is being made or unmade is named `.tmp-…` beside its place and gets (or loses) its name by one rename: that name is the
// whole journal. Everything called `.tmp-…` is swept at the next start.
import { randomBytes } from 'node:crypto';
import path from 'node:path';

const TEMPORARY = '.tmp-';

export class Paths {
  readonly images: string;
  readonly layoutMarker: string;
  readonly imageIndex: string;
  readonly packedLayers: string;
  readonly blobs: string;
  readonly layers: string;
  readonly containers: string;
  readonly runs: string;

  constructor(dataDirectory: string, stateDirectory: string) {
    this.images = path.join(dataDirectory, 'images');
    this.layoutMarker = path.join(this.images, 'oci-layout');
    this.imageIndex = path.join(this.images, 'index.json');
    this.packedLayers = path.join(this.images, 'packed.json');
    this.blobs = path.join(this.images, 'blobs', 'sha256');
    this.layers = path.join(dataDirectory, 'layers');
    this.containers = path.join(dataDirectory, 'containers');
    this.runs = path.join(stateDirectory, 'containers');
  }

  /** `digest` has been checked: `sha256:` and 64 hexadecimal digits. */
  blob(digest: string): string {
    return path.join(this.blobs, hex(digest));
  }

  layer(chainId: string): string {
    return path.join(this.layers, hex(chainId));
  }

  container(id: string): ContainerPaths {
    const folder = path.join(this.containers, id);
    const run = path.join(this.runs, id);
    return {
      folder,
      config: path.join(folder, 'config.json'),
      record: path.join(folder, 'record.json'),
      ledger: path.join(folder, 'ledger'),
      upper: path.join(folder, 'upper'),
      work: path.join(folder, 'work'),
      log: path.join(folder, 'log'),
      run,
      monitorSocket: path.join(run, 'monitor.sock'),
      exit: path.join(run, 'exit'),
    };
  }
}

export interface ContainerPaths {
  readonly folder: string;
  readonly config: string;
  readonly record: string;
  readonly ledger: string;
  readonly upper: string;
  readonly work: string;
  readonly log: string;
  readonly run: string;
  readonly monitorSocket: string;
  readonly exit: string;
}

/** A name in `folder` that nothing else has and that the next start sweeps. */
export function temporaryPath(folder: string): string {
  return path.join(folder, `${TEMPORARY}${randomBytes(8).toString('hex')}`);
}

export function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY);
}

function hex(digest: string): string {
  const match = /^sha256:([0-9a-f]{64})$/.exec(digest);
  if (match?.[1] === undefined) throw new Error('not a sha256 digest');
  return match[1];
}
