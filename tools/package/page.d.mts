/** The README as the extension's page shows it: without pictures, links leading to the repository. */
export function extensionPage(markdown: string, repository: string): string;
