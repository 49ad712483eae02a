/** Writes settings for a quiet window, unless the user has settings already, and `more` over whatever is there. */
export function writeSettings(userDataDir: string, more?: Readonly<Record<string, unknown>>): void;
/** Sets these and leaves the rest of the file, comments too, as it is. Values: strings, numbers, booleans. */
export function changeSettings(file: string, values: Readonly<Record<string, string | number | boolean>>): void;
