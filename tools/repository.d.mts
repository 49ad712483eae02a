export const repositoryRoot: string;
/** An absolute path below the repository's root. */
export function inRepository(...parts: readonly string[]): string;
