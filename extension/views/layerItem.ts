// A layer of an image as a row: the instruction that made it, and its size.
import { l10n, MarkdownString, ThemeIcon, TreeItem } from 'vscode';
import { formatBytes } from '../model/age.js';
import type { LayerRow } from '../model/imageLayers.js';
import { shortImageId } from '../model/selectors.js';
import { plainMarkdown } from '../ui/plainMarkdown.js';

/** `at`: which one, from 0, the lowest first. */
export function layerItem({ command, digest, sizeBytes }: LayerRow, at: number): TreeItem {
  const label = command === '' ? shortImageId(digest) : command;
  const item = new TreeItem(label);
  item.description = formatBytes(sizeBytes);
  item.iconPath = new ThemeIcon('file-zip');
  item.contextValue = 'layer;';
  item.tooltip = new MarkdownString(
    `${plainMarkdown(label)}\n\n${l10n.t('Layer')}: ${plainMarkdown(shortImageId(digest))}  \n${l10n.t('Size')}: ${formatBytes(sizeBytes)}`,
  );
  item.accessibilityInformation = { label: l10n.t('Layer {0}, {1}, {2}', at + 1, label, item.description) };
  return item;
}
