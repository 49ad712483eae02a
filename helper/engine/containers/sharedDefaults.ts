// What an image says, in memory once and not with each container that was made of it.
import type { ImageDefaults } from '../../../protocol/images.js';
import { sha256 } from '../images/digest.js';
import type { ContainerRecord } from './container.js';

/** For the reading of the records: each of them brings its own copy. */
export class SharedDefaults {
  private readonly known = new Map<string, ImageDefaults>();

  share(record: ContainerRecord): ContainerRecord {
    const key = sha256(JSON.stringify(record.image.defaults));
    const defaults = this.known.get(key) ?? record.image.defaults;
    this.known.set(key, defaults);
    return { ...record, image: { ...record.image, defaults } };
  }
}
