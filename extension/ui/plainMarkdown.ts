// Text of others (names, commands, images are a container's own words) inside Markdown, shown as it is written.
// Not `MarkdownString.appendText`: that one makes every space a hard one, and long lines never break.

export function plainMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+\-.!~<>|&:]/g, '\\$&');
}
