// A pull, and each of its layers, as rows.
import { l10n, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { PullSummary } from '../../protocol/images.js';
import { layerState, type LayerState, type PullLayer } from '../model/pullProgress.js';
import { shortImageId } from '../model/selectors.js';
import { layerWords, pullLabel, pullWords } from '../ui/pullWords.js';

export function pullItem(pull: PullSummary): TreeItem {
  const item = new TreeItem(pull.reference, pull.layers.length === 0 ? TreeItemCollapsibleState.None : TreeItemCollapsibleState.Collapsed);
  item.description = pullWords(pull);
  item.iconPath = new ThemeIcon('loading~spin');
  item.contextValue = 'pull;';
  item.accessibilityInformation = { label: pullLabel(pull) };
  return item;
}

export function pullLayerItem(layer: PullLayer, at: number): TreeItem {
  const item = new TreeItem(shortImageId(layer.digest));
  item.description = layerWords(layer);
  item.iconPath = new ThemeIcon(ICONS[layerState(layer)]);
  item.accessibilityInformation = { label: l10n.t('Layer {0}, {1}', at + 1, item.description) };
  return item;
}

const ICONS: Readonly<Record<LayerState, string>> = {
  present: 'check',
  waiting: 'circle-large-outline',
  downloading: 'cloud-download',
  unpacking: 'loading~spin',
  done: 'check',
};
