// Making an image of a container.
import type { ImageChanges } from '../../../protocol/containers.js';
import type { Caller } from '../caller.js';
import type { Container } from '../containers/container.js';
import type { Still } from '../containers/still.js';
import { Commit } from './commit.js';
import type { Image } from './image.js';
import type { Images } from './images.js';
import { parseName } from './reference.js';

export interface CommitOptions {
  readonly reference: string | undefined;
  readonly changes: ImageChanges;
  readonly author: string | undefined;
  readonly message: string | undefined;
  readonly pause: boolean;
  readonly onProgress: (tarBytes: number) => void;
  readonly signal: AbortSignal;
}

export class Committing {
  constructor(
    private readonly images: Images,
    private readonly still: Still,
  ) {}

  /** Throws CONFLICT (its image is gone, or what no layer can say), INVALID_PARAMS, LIMIT, NO_SPACE, CANCELLED, NOT_FOUND. */
  async commit(caller: Caller, container: Container, options: CommitOptions): Promise<Image> {
    const { pause, changes, author, message, onProgress, signal } = options;
    const reference = options.reference === undefined ? undefined : parseName(options.reference);
    const { content, release } = this.images.holdContent(container.record.image.id);
    const request = {
      parent: content,
      withUpper: <T>(work: (upper: string) => Promise<T>) => this.still.withUpper(container, 'commit', pause, work),
      createdBy: container.record.command,
      ...{ changes, author, message, onProgress, signal },
    };
    try {
      const addition = { reference, signal, what: 'commit' };
      const [image] = await this.images.make(caller, addition, (context, staging) => new Commit(context, request, staging));
      if (image === undefined) throw new Error('a commit has made no image');
      return image;
    } finally {
      release();
    }
  }
}
