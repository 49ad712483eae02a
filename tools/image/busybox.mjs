// The system's static busybox, which the embedded image is made from: where it may be.
import fs from 'node:fs';

const PLACES = ['/usr/bin/busybox', '/bin/busybox', '/bin/busybox.static', '/usr/lib/initcpio/busybox'];

/** Its path, or undefined. */
export const findBusybox = () => PLACES.find((file) => fs.existsSync(file));
