/** The text of THIRD_PARTY_NOTICES; `inputs`: paths of all bundled files, relative to the repository. */
export function notices(inputs: readonly string[]): string;
