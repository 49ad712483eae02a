export function brokenManifest(text?: string, strings?: Readonly<Record<string, string>>): Iterable<string>;
