// The tree of containers. Its elements are their ids, which never change; a row is made anew from the model when it is asked for.
import * as vscode from 'vscode';
import type { ContainerSummary } from '../../protocol/containers.js';
import type { Caller } from '../client/session.js';
import { canEnter } from '../model/containerState.js';
import { containersInOrder } from '../model/selectors.js';
import type { WorldEvent, WorldStore } from '../model/worldStore.js';
import type { Owners } from '../ui/owners.js';
import { containerItem, containerTooltip, describe } from './containerItem.js';

export class ContainersView implements vscode.TreeDataProvider<string>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<string[] | undefined>();
  private readonly subscription: { dispose(): void };
  /** The descriptions as shown, to tell which have aged. */
  private readonly shown = new Map<string, string>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly store: WorldStore,
    private readonly client: Caller,
    private readonly owners: Owners,
  ) {
    this.subscription = store.onDidChange((event) => this.follow(event));
  }

  getChildren(id?: string): string[] {
    return id === undefined ? containersInOrder(this.store.world).map((container) => container.id) : [];
  }

  getTreeItem(id: string): vscode.TreeItem {
    const container = this.store.container(id);
    // Removed since it was listed: the refresh that takes the row away is on its way.
    if (container === undefined) return new vscode.TreeItem('');
    const now = Date.now();
    this.shown.set(id, this.describe(container, now));
    return containerItem(container, now, this.owners.other(container.ownerUid));
  }

  /** A list has no parents; `reveal` asks. */
  getParent(): undefined {
    return undefined;
  }

  async resolveTreeItem(item: vscode.TreeItem, id: string, token: vscode.CancellationToken): Promise<vscode.TreeItem> {
    const container = this.store.container(id);
    if (container === undefined) return item;
    // Usage is an extra: a tooltip without it is better than none.
    const stats = canEnter(container.state) ? await this.client.call('container/stats', { container: id }).catch(() => undefined) : undefined;
    if (!token.isCancellationRequested) item.tooltip = containerTooltip(container, Date.now(), this.owners.other(container.ownerUid), stats);
    return item;
  }

  /** Redraws the rows whose age has changed. */
  refreshAges(): void {
    const now = Date.now();
    const aged = [...this.store.world.containers.values()].filter((container) => this.shown.get(container.id) !== this.describe(container, now));
    if (aged.length > 0) this.changed.fire(aged.map((container) => container.id));
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private describe(container: ContainerSummary, nowMs: number): string {
    return describe(container, nowMs, this.owners.other(container.ownerUid));
  }

  private follow({ change: { containers } }: WorldEvent): void {
    for (const id of containers.removed) this.shown.delete(id);
    if (containers.added.length > 0 || containers.removed.length > 0) this.changed.fire(undefined);
    else if (containers.updated.length > 0) this.changed.fire([...containers.updated]);
  }
}
