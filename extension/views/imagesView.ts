// The tree of images: what is being pulled, the images by repository and tag, and the layers of each.
import * as vscode from 'vscode';
import type { ImageSummary } from '../../protocol/images.js';
import type { Caller } from '../client/session.js';
import { layerRows, type LayerRow } from '../model/imageLayers.js';
import { elementOf, groupOf, isGrouped, rootRows, rowOf, tagsOf, type ImageRow } from '../model/imageTree.js';
import { splitReference } from '../model/references.js';
import { containersOfImage, shortImageId } from '../model/selectors.js';
import type { WorldEvent, WorldStore } from '../model/worldStore.js';
import type { Owners } from '../ui/owners.js';
import { describeImage, imageItem, imageTooltip, repositoryItem } from './imageItem.js';
import { layerItem } from './layerItem.js';
import { pullItem, pullLayerItem } from './pullItem.js';

export class ImagesView implements vscode.TreeDataProvider<string>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<string[] | undefined>();
  private readonly subscription: { dispose(): void };
  /** The descriptions of images as shown, by element, to tell which have aged. */
  private readonly shown = new Map<string, string>();
  /** By image: they never change. */
  private readonly layers = new Map<string, readonly LayerRow[]>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly store: WorldStore,
    private readonly client: Caller,
    private readonly owners: Owners,
  ) {
    this.subscription = store.onDidChange((event) => this.follow(event));
  }

  async getChildren(element?: string): Promise<string[]> {
    const { world } = this.store;
    if (element === undefined) return rootRows(world).map(elementOf);
    const row = rowOf(element);
    if (row?.kind === 'repository') return tagsOf(world, row.name).map(elementOf);
    if (row?.kind === 'pull') return (world.pulls.get(row.id)?.layers ?? []).map((_, at) => elementOf({ kind: 'pullLayer', id: row.id, at }));
    if (row?.kind === 'image') return (await this.layersOf(row.id)).map((_, at) => elementOf({ ...row, kind: 'layer', at }));
    return [];
  }

  getTreeItem(element: string): vscode.TreeItem {
    const row = rowOf(element);
    // Gone since it was listed: the refresh that takes the row away is on its way.
    const item = (row === undefined ? undefined : this.item(row, element)) ?? new vscode.TreeItem('');
    item.id = element;
    return item;
  }

  async resolveTreeItem(item: vscode.TreeItem, element: string, token: vscode.CancellationToken): Promise<vscode.TreeItem> {
    const row = rowOf(element);
    const image = row?.kind === 'image' ? this.store.image(row.id) : undefined;
    if (image === undefined) return item;
    // Usage is an extra: a tooltip without it is better than none.
    const usage = await this.client.call('image/usage', {}).catch(() => undefined);
    const own = usage?.images.find(({ id }) => id === image.id);
    if (!token.isCancellationRequested) item.tooltip = imageTooltip(image, this.look(image, Date.now()), own);
    return item;
  }

  getParent(element: string): string | undefined {
    const row = rowOf(element);
    if (row?.kind === 'pullLayer') return elementOf({ kind: 'pull', id: row.id });
    if (row?.kind === 'layer') return elementOf({ kind: 'image', id: row.id, reference: row.reference });
    const group = row?.kind === 'image' ? groupOf(this.store.world, row.reference) : undefined;
    return group === undefined ? undefined : elementOf(group);
  }

  /** Redraws the rows whose age, or number of containers, has changed. */
  refreshAges(): void {
    const now = Date.now();
    const stale = [...this.shown].filter(([element, words]) => this.words(element, now) !== words).map(([element]) => element);
    if (stale.length > 0) this.changed.fire(stale);
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private item(row: ImageRow, element: string): vscode.TreeItem | undefined {
    switch (row.kind) {
      case 'pull':
        return map(this.store.world.pulls.get(row.id), pullItem);
      case 'pullLayer':
        return map(this.store.world.pulls.get(row.id)?.layers[row.at], (layer) => pullLayerItem(layer, row.at));
      case 'repository':
        return repositoryItem(row.name, tagsOf(this.store.world, row.name).length);
      case 'image':
        return map(this.store.image(row.id), (image) => this.imageItem(image, row.reference, element));
      case 'layer':
        return map(this.layers.get(row.id)?.[row.at], (layer) => layerItem(layer, row.at));
    }
  }

  private imageItem(image: ImageSummary, reference: string, element: string): vscode.TreeItem {
    const nowMs = Date.now();
    this.shown.set(element, this.words(element, nowMs) ?? '');
    const name = isGrouped(this.store.world, reference) ? splitReference(reference).tag : reference;
    return imageItem(image, reference, { label: name || shortImageId(image.id), ...this.look(image, nowMs) });
  }

  /** What ages of the row; undefined: it is gone. */
  private words(element: string, nowMs: number): string | undefined {
    const row = rowOf(element);
    const image = row?.kind === 'image' ? this.store.image(row.id) : undefined;
    return image === undefined ? undefined : describeImage(image, this.look(image, nowMs));
  }

  private look({ id, ownerUid }: ImageSummary, nowMs: number) {
    return { containers: containersOfImage(this.store.world, id).length, nowMs, owner: this.owners.other(ownerUid) };
  }

  private async layersOf(id: string): Promise<readonly LayerRow[]> {
    const known = this.layers.get(id);
    if (known !== undefined) return known;
    const rows = layerRows(await this.client.call('image/inspect', { image: id }));
    this.layers.set(id, rows);
    return rows;
  }

  private follow({ change: { containers, images, pulls } }: WorldEvent): void {
    for (const id of images.removed) this.layers.delete(id);
    const hasOtherRows = [images.added, images.removed, images.updated, pulls.added, pulls.removed].some((ids) => ids.length > 0);
    if (hasOtherRows) this.redrawAll();
    else if (pulls.updated.length > 0) this.changed.fire(pulls.updated.map((id) => elementOf({ kind: 'pull', id })));
    if (containers.added.length > 0 || containers.removed.length > 0) this.refreshAges();
  }

  private redrawAll(): void {
    this.shown.clear();
    this.changed.fire(undefined);
  }
}

function map<T, R>(value: T | undefined, to: (value: T) => R): R | undefined {
  return value === undefined ? undefined : to(value);
}
