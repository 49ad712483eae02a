// An image, or one of its names, as a row of the tree; and the row of a repository of several.
import { l10n, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { ImageSummary } from '../../protocol/images.js';
import type { Result } from '../../protocol/methods.js';
import { formatBytes } from '../model/age.js';
import { shortImageId } from '../model/selectors.js';
import { formatAge, ofOwner } from '../ui/format.js';
import { plainMarkdown } from '../ui/plainMarkdown.js';

export type ImageUsage = Result<'image/usage'>['images'][number];

export interface ImageLook {
  /** Its name, or what of it the row's group does not say already. */
  readonly label: string;
  /** How many containers were made from it. */
  readonly containers: number;
  readonly nowMs: number;
  /** Whose it is, if not the viewer's. */
  readonly owner: string | undefined;
}

/** `reference`: the name that the row is about; empty: it has none. */
export function imageItem(image: ImageSummary, reference: string, look: ImageLook): TreeItem {
  const isNamed = reference !== '';
  const item = new TreeItem(look.label, TreeItemCollapsibleState.Collapsed);
  item.description = describeImage(image, look);
  item.iconPath = imageIcon(isNamed, look.containers > 0);
  item.contextValue = `image;${isNamed ? 'named;' : ''}`;
  item.accessibilityInformation = { label: l10n.t('Image {0}, {1}', isNamed ? reference : look.label, item.description) };
  return item;
}

/** `1.1 MB · 2 containers · 3 d ago`. */
export function describeImage(image: ImageSummary, { containers, nowMs, owner }: Omit<ImageLook, 'label'>): string {
  const whose = owner === undefined ? [] : [ofOwner(owner)];
  const use = containers === 0 ? [] : [containers === 1 ? l10n.t('1 container') : l10n.t('{0} containers', containers)];
  return [formatBytes(image.sizeBytes), ...whose, ...use, formatAge(image.importedMs, nowMs)].join(' · ');
}

export function repositoryItem(name: string, tags: number): TreeItem {
  const item = new TreeItem(name, TreeItemCollapsibleState.Expanded);
  item.description = l10n.t('{0} tags', tags);
  item.iconPath = new ThemeIcon('repo');
  item.contextValue = 'repository;';
  item.accessibilityInformation = { label: l10n.t('Repository {0}, {1} tags', name, tags) };
  return item;
}

/** What is in use differs by shape, and by colour only besides. */
function imageIcon(isNamed: boolean, isUsed: boolean): ThemeIcon {
  if (isUsed) return new ThemeIcon('layers-active', new ThemeColor('testing.iconPassed'));
  return new ThemeIcon(isNamed ? 'layers' : 'circle-large-outline');
}

/** What the pointer is shown; `usage`: what it takes of the disk, where that could be had. */
export function imageTooltip(image: ImageSummary, { nowMs, owner, containers }: Omit<ImageLook, 'label'>, usage?: ImageUsage): MarkdownString {
  const rows: [string, string][] = [
    ...(owner === undefined ? [] : [[l10n.t('Owner'), owner] as [string, string]]),
    [l10n.t('Size'), l10n.t('{0} in {1} layers', formatBytes(image.sizeBytes), image.layers)],
    ...(usage === undefined
      ? []
      : [[l10n.t('Disk'), l10n.t('{0} of its own, {1} shared with others', formatBytes(usage.ownBytes), formatBytes(usage.sharedBytes))] as [string, string]]),
    [l10n.t('Containers'), String(containers)],
    [l10n.t('Made'), image.createdMs === null ? l10n.t('unknown') : new Date(image.createdMs).toLocaleString()],
    [l10n.t('Imported'), formatAge(image.importedMs, nowMs)],
    [l10n.t('Architecture'), image.architecture],
    [l10n.t('Id'), shortImageId(image.id)],
  ];
  const tooltip = new MarkdownString();
  tooltip.appendMarkdown(`**${plainMarkdown(image.references.join(', ') || shortImageId(image.id))}**\n\n`);
  for (const [name, value] of rows) tooltip.appendMarkdown(`${name}: ${plainMarkdown(value)}  \n`);
  return tooltip;
}
