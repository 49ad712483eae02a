/** Null: `text` is no http(s) address. (URL.parse is not in every Node that runs the helper.) */
export function parseAddress(text: string, base?: URL): URL | null {
  if (!URL.canParse(text, base?.href)) return null;
  const url = new URL(text, base);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
}
