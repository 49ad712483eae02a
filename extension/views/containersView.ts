// The tree of containers. Its elements are their ids, which never change; a row is made anew from the model when it is asked for.
import * as vscode from 'vscode';
import type { Caller } from '../client/session.js';
import { canEnter } from '../model/containerState.js';
import { containersInOrder } from '../model/selectors.js';
import type { WorldEvent, WorldStore } from '../model/worldStore.js';
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
    this.shown.set(id, describe(container, now));
    return containerItem(container, now);
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
    if (!token.isCancellationRequested) item.tooltip = containerTooltip(container, Date.now(), stats);
    return item;
  }

  /** Redraws the rows whose age has changed. */
  refreshAges(): void {
    const now = Date.now();
    const aged = [...this.store.world.containers.values()].filter((container) => this.shown.get(container.id) !== describe(container, now));
    if (aged.length > 0) this.changed.fire(aged.map((container) => container.id));
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private follow({ change: { containers } }: WorldEvent): void {
    for (const id of containers.removed) this.shown.delete(id);
    if (containers.added.length > 0 || containers.removed.length > 0) this.changed.fire(undefined);
    else if (containers.updated.length > 0) this.changed.fire([...containers.updated]);
  }
}
