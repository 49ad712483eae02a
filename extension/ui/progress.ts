// Long work in the notification area, or in the view it is about; VS Code's cancellation as an AbortSignal.
import * as vscode from 'vscode';

export interface ProgressReport {
  readonly message?: string;
  /** Per cent of the whole that this report adds. */
  readonly increment?: number;
}

/** With a cancel button. `work` is given the signal of it. */
export function withCancellableProgress<T>(title: string, work: (report: (value: ProgressReport) => void, signal: AbortSignal) => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    return work((value) => progress.report(value), controller.signal);
  });
}

/** The thin moving line on top of a view. */
export function withViewProgress<T>(viewId: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: { viewId } }, work);
}

/** Says how far it is, between 0 and 1, to a progress that wants to hear only what has been added. */
export function percentReport(report: (value: ProgressReport) => void): (fraction: number, message: string) => void {
  let shownPercent = 0;
  return (fraction, message) => {
    const percent = 100 * Math.min(1, fraction);
    report({ message, increment: Math.max(0, percent - shownPercent) });
    shownPercent = Math.max(shownPercent, percent);
  };
}
