/** Arguments for a desktop VS Code that give it data of its own, in `folder`: for root, and for another helper than the machine's. */
export function ownData(places: { readonly socketPath: string; readonly isStandard: boolean }, folder: string, uid: number): readonly string[];
