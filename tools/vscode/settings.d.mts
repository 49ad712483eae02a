/** Writes settings for a quiet window, and `more` over them, unless the user has settings already. */
export function writeSettings(userDataDir: string, more?: Readonly<Record<string, unknown>>): void;
