export interface ServerFolders {
  /** Holds everything that it writes. */
  readonly folder: string;
  /** `<folder>/user` unless said. */
  readonly userDataDir?: string;
  /** `<folder>/extensions` unless said. */
  readonly extensionsDir?: string;
}
export interface Server {
  /** host:port */
  readonly authority: string;
  /** What a browser opens; `query` as VS Code's web workbench knows it, such as `folder`. */
  address(query: Readonly<Record<string, string>>): string;
  /** Resolves to a reason, should it end by itself. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}
export function startServer(
  options: ServerFolders & { readonly port?: number; readonly driver?: boolean; readonly env?: Readonly<Record<string, string | undefined>> },
): Promise<Server>;
/** Installs a .vsix into the server's extensions. */
export function installExtension(vsix: string, folders: ServerFolders): Promise<void>;
