// The extension's settings, typed, with their defaults in package.json.
import * as vscode from 'vscode';
import { DEFAULT_REGISTRY } from '../../protocol/reference.js';
import { DEFAULT_SOCKET_PATH } from '../../protocol/version.js';
import type { RegistrySettings } from '../registries/registries.js';

const SECTION = 'bulkhead';

export class Settings {
  get socketPath(): string {
    return this.read<string>('socketPath') || DEFAULT_SOCKET_PATH;
  }

  /** Programs that "Open Shell" tries, in order. */
  get shells(): readonly string[] {
    return this.read<string[]>('shell') ?? [];
  }

  get confirmRemove(): boolean {
    return this.read<boolean>('confirmRemove') ?? true;
  }

  /** Lines of a log that are shown before it is followed. */
  get logTail(): number {
    return this.read<number>('logTail') ?? 0;
  }

  get registries(): RegistrySettings {
    return {
      search: this.read<string[]>('registries.search') ?? [DEFAULT_REGISTRY],
      mirrors: this.read<Record<string, string[]>>('registries.mirrors') ?? {},
      insecure: this.read<string[]>('registries.insecure') ?? [],
      authorities: this.read<string[]>('registries.authorities') ?? [],
      proxy: this.read<string>('registries.proxy') || (vscode.workspace.getConfiguration('http').get<string>('proxy') ?? ''),
    };
  }

  onDidChangeSocketPath(listener: () => void): vscode.Disposable {
    return this.onDidChange('socketPath', listener);
  }

  onDidChangeRegistries(listener: () => void): vscode.Disposable {
    return this.onDidChange('registries', listener);
  }

  private onDidChange(name: string, listener: () => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${SECTION}.${name}`)) listener();
    });
  }

  private read<T>(name: string): T | undefined {
    return vscode.workspace.getConfiguration(SECTION).get<T>(name);
  }
}
