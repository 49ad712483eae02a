// The README as the extension's page in VS Code shows it: that page loads nothing but https: and data:, so pictures go in as data
// (it works offline), and links to other files lead to the repository.
import fs from 'node:fs';
import path from 'node:path';

/** `folder`: where the README is; `repository`: its address, such as https://github.com/owner/name. */
export function extensionPage(markdown, { folder, repository }) {
  return markdown.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, isPicture, text, target) => {
    if (/^(\w+:|#)/.test(target)) return whole;
    return isPicture === '!' ? `![${text}](${dataAddress(path.join(folder, target))})` : `[${text}](${repository}/blob/HEAD/${target})`;
  });
}

function dataAddress(file) {
  if (path.extname(file) !== '.png') throw new Error(`${file}: only PNG pictures can be in the README`);
  return `data:image/png;base64,${fs.readFileSync(file).toString('base64')}`;
}
