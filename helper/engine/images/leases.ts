// Who reads blobs of the store keeps them: they are not collected until he has let go.

export class Leases {
  private readonly counts = new Map<string, number>();

  /** Call the result once. */
  take(digests: readonly string[]): () => void {
    for (const digest of digests) this.counts.set(digest, (this.counts.get(digest) ?? 0) + 1);
    return () => {
      for (const digest of digests) {
        const left = (this.counts.get(digest) ?? 1) - 1;
        if (left > 0) this.counts.set(digest, left);
        else this.counts.delete(digest);
      }
    };
  }

  has(digest: string): boolean {
    return this.counts.has(digest);
  }
}
