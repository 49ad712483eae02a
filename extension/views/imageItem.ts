// An image as a row of the tree.
import { l10n, MarkdownString, ThemeIcon, TreeItem } from 'vscode';
import type { ImageSummary } from '../../protocol/images.js';
import { formatBytes } from '../model/age.js';
import { imageName, shortImageId } from '../model/selectors.js';
import { formatAge, ofOwner } from '../ui/format.js';
import { plainMarkdown } from '../ui/plainMarkdown.js';

/** `owner`: whose it is, if not the viewer's. */
export function imageItem(image: ImageSummary, containers: number, nowMs: number, owner?: string): TreeItem {
  const item = new TreeItem(imageName(image));
  item.id = image.id;
  item.description = describeImage(image, containers, nowMs, owner);
  item.iconPath = new ThemeIcon(image.references.length === 0 ? 'circle-large-outline' : 'layers');
  item.contextValue = image.references.length === 0 ? 'image;' : 'image;named;';
  item.tooltip = imageTooltip(image, nowMs, owner);
  item.accessibilityInformation = { label: l10n.t('Image {0}, {1}', imageName(image), item.description) };
  return item;
}

/** `1.1 MB · 2 containers · 3 d ago`. */
export function describeImage(image: ImageSummary, containers: number, nowMs: number, owner?: string): string {
  const whose = owner === undefined ? [] : [ofOwner(owner)];
  const use = containers === 0 ? [] : [containers === 1 ? l10n.t('1 container') : l10n.t('{0} containers', containers)];
  return [formatBytes(image.sizeBytes), ...whose, ...use, formatAge(image.importedMs, nowMs)].join(' · ');
}

function imageTooltip(image: ImageSummary, nowMs: number, owner?: string): MarkdownString {
  const rows: [string, string][] = [
    ...(owner === undefined ? [] : [[l10n.t('Owner'), owner] as [string, string]]),
    [l10n.t('Size'), l10n.t('{0} in {1} layers', formatBytes(image.sizeBytes), image.layers)],
    [l10n.t('Made'), image.createdMs === null ? l10n.t('unknown') : new Date(image.createdMs).toLocaleString()],
    [l10n.t('Imported'), formatAge(image.importedMs, nowMs)],
    [l10n.t('Architecture'), image.architecture],
    [l10n.t('Id'), shortImageId(image.id)],
  ];
  const tooltip = new MarkdownString();
  tooltip
    .appendMarkdown('**')
    .appendText(image.references.join(', ') || shortImageId(image.id))
    .appendMarkdown('**\n\n');
  for (const [name, value] of rows) tooltip.appendMarkdown(`${name}: ${plainMarkdown(value)}  \n`);
  return tooltip;
}
