/** The README as the extension's page shows it: pictures as data, links leading to the repository. */
export function extensionPage(markdown: string, places: { readonly folder: string; readonly repository: string }): string;
