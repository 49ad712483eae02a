// A container as a row of the tree: label, description, icon, tooltip, and what a screen reader says.
import { l10n, MarkdownString, TreeItem } from 'vscode';
import type { ContainerStats, ContainerSummary } from '../../protocol/containers.js';
import { formatBytes } from '../model/age.js';
import { contextValue, isAlive, sinceMs } from '../model/containerState.js';
import { imageWords, shortContainerId } from '../model/selectors.js';
import { formatAge, formatRestart, formatSpan, formatState, ofOwner } from '../ui/format.js';
import { plainMarkdown } from '../ui/plainMarkdown.js';
import { stateIcon } from './stateIcon.js';

/** `owner`: whose it is, if not the viewer's. */
export function containerItem(container: ContainerSummary, nowMs: number, owner?: string): TreeItem {
  const item = new TreeItem(container.name);
  item.id = container.id;
  item.description = describe(container, nowMs, owner);
  item.iconPath = stateIcon(container.state);
  item.contextValue = contextValue(container);
  item.accessibilityInformation = { label: l10n.t('Container {0}, image {1}, {2}', container.name, imageWords(container), item.description) };
  return item;
}

/** `Exited (137, out of memory) · 2 m ago · busybox:latest`. */
export function describe(container: ContainerSummary, nowMs: number, owner?: string): string {
  const whose = owner === undefined ? [] : [ofOwner(owner)];
  return [formatState(container.state), ...whose, since(container, nowMs), imageWords(container)].join(' · ');
}

/** What goes on has a length, what has happened an age. */
function since(container: ContainerSummary, nowMs: number): string {
  const goesOn = isAlive(container.state) && container.state.status !== 'restarting';
  return goesOn ? formatSpan(sinceMs(container), nowMs) : formatAge(sinceMs(container), nowMs);
}

/** What the pointer is shown; `stats` of a running container, where they could be had. */
export function containerTooltip(container: ContainerSummary, nowMs: number, owner?: string, stats?: ContainerStats): MarkdownString {
  const rows: [string, string][] = [
    [l10n.t('State'), `${formatState(container.state)}, ${since(container, nowMs)}`],
    ...(owner === undefined ? [] : [[l10n.t('Owner'), owner] as [string, string]]),
    [l10n.t('Image'), imageWords(container)],
    [l10n.t('Command'), container.command],
    [l10n.t('Created'), new Date(container.createdMs).toLocaleString()],
    [
      l10n.t('Restart'),
      container.restartCount === 0
        ? formatRestart(container.restart)
        : l10n.t('{0}, {1} times so far', formatRestart(container.restart), container.restartCount),
    ],
    [l10n.t('Id'), shortContainerId(container.id)],
    ...usageRows(stats),
  ];
  const tooltip = new MarkdownString();
  tooltip.appendMarkdown(`**${plainMarkdown(container.name)}**\n\n`);
  for (const [name, value] of rows) tooltip.appendMarkdown(`${name}: ${plainMarkdown(value)}  \n`);
  return tooltip;
}

function usageRows(stats: ContainerStats | undefined): [string, string][] {
  if (stats === undefined) return [];
  const rows: [string, string][] = [];
  if (stats.memoryBytes !== null) rows.push([l10n.t('Memory'), ofLimit(stats.memoryBytes, stats.memoryLimitBytes, formatBytes)]);
  if (stats.pids !== null) rows.push([l10n.t('Processes'), ofLimit(stats.pids, stats.pidsLimit, String)]);
  rows.push([l10n.t('Processor time'), l10n.t('{0} s', (stats.cpuUsageUs / 1e6).toFixed(2))]);
  return rows;
}

function ofLimit(value: number, limit: number | null, format: (value: number) => string): string {
  return limit === null ? format(value) : l10n.t('{0} of {1}', format(value), format(limit));
}
