// Keeps the ages in a view from growing stale: slowly, and only while it can be seen.
import type * as vscode from 'vscode';

const PERIOD_MS = 5_000;

interface Ageing {
  refreshAges(): void;
}

export function keepAgesFresh(view: vscode.TreeView<string>, provider: Ageing): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const follow = (isVisible: boolean) => {
    stop();
    if (!isVisible) return;
    provider.refreshAges();
    timer = setInterval(() => provider.refreshAges(), PERIOD_MS);
  };
  follow(view.visible);
  const subscription = view.onDidChangeVisibility((event) => follow(event.visible));
  return {
    dispose() {
      stop();
      subscription.dispose();
    },
  };
}
