// Gives an image one more name.
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { imageName } from '../../model/selectors.js';
import type { Command } from '../../services.js';
import { referenceProblem } from '../../ui/imageReference.js';
import { referenceAt, targetImage } from '../targets.js';

export const tag: Command = async ({ client, ...services }, id) => {
  const image = await targetImage({ client, ...services }, { id }, l10n.t('Give which image another name?'));
  if (image === undefined) return;
  const reference = await vscode.window.showInputBox({
    title: l10n.t('Another name for {0}', imageName(image)),
    placeHolder: 'name:tag',
    value: referenceAt({ client, ...services }, id) ?? image.references[0] ?? '',
    validateInput: referenceProblem,
  });
  if (reference !== undefined && !image.references.includes(reference)) await client.call('image/tag', { image: image.id, reference });
};
