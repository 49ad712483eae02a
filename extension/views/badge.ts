// The number on the view: containers that ended badly and have not been looked at since.
import { l10n, type Disposable, type Memento, type TreeView } from 'vscode';
import { Attention } from '../model/attention.js';
import { Look } from '../model/look.js';
import type { WorldStore } from '../model/worldStore.js';

const SEEN_KEY = 'attention.seenUntilMs';
/** As long as a view must be open for what is in it to count as seen. */
const LOOK_MS = 4_000;

export function showBadge(view: TreeView<string>, store: WorldStore, memento: Memento): Disposable {
  const attention = new Attention(memento.get<number>(SEEN_KEY, 0));
  const draw = () => {
    const needing = attention.needing(store.world);
    const number = needing.length;
    const tooltip = number === 1 ? l10n.t('1 container ended unexpectedly') : l10n.t('{0} containers ended unexpectedly', number);
    view.badge = number === 0 ? undefined : { value: number, tooltip };
    look.update(
      needing.map(({ id }) => id),
      view.visible,
    );
  };
  const look = new Look(LOOK_MS, () => {
    void memento.update(SEEN_KEY, attention.markSeen(store.world));
    draw();
  });
  const changes = store.onDidChange(({ before, after }) => {
    attention.observe(before, after);
    draw();
  });
  const visibility = view.onDidChangeVisibility(draw);
  draw();
  return {
    dispose() {
      look.dispose();
      changes.dispose();
      visibility.dispose();
    },
  };
}
