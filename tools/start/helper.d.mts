/** Whether what is installed at `prefix` is what has been built. */
export function isCurrent(prefix: string): boolean;
