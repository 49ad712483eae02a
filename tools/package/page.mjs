// The README as the extension's page in VS Code shows it: that page loads pictures from https only, so offline they would be broken
// ones; it does without. Links to other files lead to the repository.

/** `repository`: its address, such as https://github.com/owner/name. */
export function extensionPage(markdown, repository) {
  const words = markdown.replace(/^(\|[ |]*\|\n\|[-|]+\|\n)?.*!\[.*\n\n?/gm, '');
  return words.replace(/\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, text, target) =>
    /^(\w+:|#)/.test(target) ? whole : `[${text}](${repository}/blob/HEAD/${target})`,
  );
}
