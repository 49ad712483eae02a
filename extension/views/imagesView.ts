// The tree of images. Its elements are their ids.
import * as vscode from 'vscode';
import type { ImageSummary } from '../../protocol/images.js';
import { containersOfImage, imagesInOrder } from '../model/selectors.js';
import type { WorldEvent, WorldStore } from '../model/worldStore.js';
import type { Owners } from '../ui/owners.js';
import { describeImage, imageItem } from './imageItem.js';

export class ImagesView implements vscode.TreeDataProvider<string>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<string[] | undefined>();
  private readonly subscription: { dispose(): void };
  private readonly shown = new Map<string, string>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly store: WorldStore,
    private readonly owners: Owners,
  ) {
    this.subscription = store.onDidChange((event) => this.follow(event));
  }

  getChildren(id?: string): string[] {
    return id === undefined ? imagesInOrder(this.store.world).map((image) => image.id) : [];
  }

  getTreeItem(id: string): vscode.TreeItem {
    const image = this.store.image(id);
    if (image === undefined) return new vscode.TreeItem('');
    const now = Date.now();
    this.shown.set(id, this.describe(image, now));
    return imageItem(image, this.uses(id), now, this.owners.other(image.ownerUid));
  }

  getParent(): undefined {
    return undefined;
  }

  /** Redraws the rows whose age, or number of containers, has changed. */
  refreshAges(): void {
    const now = Date.now();
    const stale = [...this.store.world.images.values()].filter((image) => this.shown.get(image.id) !== this.describe(image, now));
    if (stale.length > 0) this.changed.fire(stale.map((image) => image.id));
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private describe(image: ImageSummary, nowMs: number): string {
    return describeImage(image, this.uses(image.id), nowMs, this.owners.other(image.ownerUid));
  }

  private uses(id: string): number {
    return containersOfImage(this.store.world, id).length;
  }

  private follow({ change: { containers, images } }: WorldEvent): void {
    for (const id of images.removed) this.shown.delete(id);
    if (images.added.length > 0 || images.removed.length > 0) this.changed.fire(undefined);
    else if (images.updated.length > 0) this.changed.fire([...images.updated]);
    if (containers.added.length > 0 || containers.removed.length > 0) this.refreshAges();
  }
}
