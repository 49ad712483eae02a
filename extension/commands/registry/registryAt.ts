// Which registry a command was invoked on: by its row in the view, or by its name from a button.
import { isRegistryName } from '../../model/references.js';

/** Undefined: on none. */
export function registryAt(id: string | undefined): string | undefined {
  return id !== undefined && isRegistryName(id) ? id : undefined;
}
