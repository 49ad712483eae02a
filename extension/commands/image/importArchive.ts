// The import of an archive or a layout folder: progress, cancellation, and the name that a bare file system needs.
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { create } from 'tar';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ImageSummary, ImportProgress } from '../../../protocol/images.js';
import { CallError } from '../../client/callError.js';
import { uploadImage, type ImageArchive } from '../../client/uploadImage.js';
import { formatBytes } from '../../model/age.js';
import { imageName } from '../../model/selectors.js';
import type { Services } from '../../services.js';
import { referenceProblem } from '../../ui/imageReference.js';
import { percentReport, withCancellableProgress } from '../../ui/progress.js';
import { amount } from '../../ui/pullWords.js';
import { isRootFileSystem } from './archiveKind.js';

/** An archive, or a folder with an OCI layout. @throws what {@link importArchive} and {@link importLayout} throw. */
export async function importPath(services: Services, file: string): Promise<void> {
  const isFolder = (await fs.promises.stat(file)).isDirectory();
  await (isFolder ? importLayout(services, file) : importArchive(services, file));
}

/** @throws what the helper says of it, and what the file system says of the file. */
export async function importArchive(services: Services, file: string): Promise<void> {
  const { size } = await fs.promises.stat(file);
  const title = path.basename(file);
  const archive = (reference: string | undefined) => ({ bytes: fs.createReadStream(file), sizeBytes: size, reference });
  if (await isRootFileSystem(file)) await sendNamed(services, title, archive);
  else await send(services, title, archive);
}

/** @throws Error if the folder is no OCI image layout. */
export async function importLayout(services: Services, folder: string): Promise<void> {
  if (!fs.existsSync(path.join(folder, 'oci-layout'))) throw new Error(l10n.t('“{0}” is not an OCI image layout: it has no file “oci-layout”.', folder));
  const bytes = () => Readable.from(create({ cwd: folder, portable: true }, ['oci-layout', 'index.json', 'blobs']));
  await send(services, path.basename(folder), (reference) => ({ bytes: bytes(), sizeBytes: undefined, reference }));
}

async function send(services: Services, title: string, archive: (reference: string | undefined) => ImageArchive): Promise<void> {
  try {
    announce(await upload(services, title, archive(undefined)));
  } catch (error) {
    // What did not look like one.
    if (!isNameMissing(error)) throw error;
    await sendNamed(services, title, archive);
  }
}

async function sendNamed(services: Services, title: string, archive: (reference: string) => ImageArchive): Promise<void> {
  const reference = await askName(title);
  if (reference !== undefined) announce(await upload(services, title, archive(reference)));
}

function upload({ client }: Services, title: string, archive: ImageArchive): Thenable<readonly ImageSummary[]> {
  return withCancellableProgress(l10n.t('Importing {0}', title), (report, signal) => {
    const tell = percentReport(report);
    const show = ({ phase, doneBytes, totalBytes }: ImportProgress) =>
      tell(totalBytes === null || totalBytes === 0 ? 0 : doneBytes / totalBytes, progressText(phase, doneBytes, totalBytes));
    return uploadImage(client, archive, show, signal);
  });
}

function progressText(phase: ImportProgress['phase'], doneBytes: number, totalBytes: number | null): string {
  const bytes = totalBytes === null ? formatBytes(doneBytes) : amount(doneBytes, totalBytes);
  switch (phase) {
    case 'receiving':
      return l10n.t('{0} sent', bytes);
    case 'verifying':
      return l10n.t('checking digests, {0}', bytes);
    case 'unpacking':
      return l10n.t('unpacking, {0}', bytes);
  }
}

/** A root file system carries no name of its own. */
function isNameMissing(error: unknown): boolean {
  return error instanceof CallError && error.data.field?.includes('reference') === true && error.data.code === 'INVALID_PARAMS';
}

function askName(title: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: l10n.t('Name the image'),
    prompt: l10n.t('“{0}” is a file system without a name.', title),
    value: suggestedName(title),
    validateInput: referenceProblem,
  });
}

function suggestedName(title: string): string {
  const base = title.replace(/\.(tar(\.\w+)?|tgz|gz|zst)$/i, '').toLowerCase();
  return `${base.replace(/[^a-z0-9._-]+/g, '-').replace(/^[^a-z0-9]+/, '')}:latest`;
}

function announce(images: readonly ImageSummary[]): void {
  const names = images.map(imageName).join(', ');
  void vscode.window.showInformationMessage(
    images.length === 1 ? l10n.t('The image “{0}” is ready.', names) : l10n.t('{0} images are ready: {1}.', images.length, names),
  );
}
