// Where the helper writes its log, and the line that reads it there. It is root's own.
import fs from 'node:fs';

/** As media/install-helper.sh has it: under systemd the journal, elsewhere a file. */
const FILE = '/var/log/bulkhead/helper.out';
const SERVICE = 'bulkhead.service';

export function helperLog(incident: string | undefined): { readonly place: string; readonly command: string } {
  const wanted = incident?.replace(/[^\w-]/g, '') ?? '';
  if (fs.existsSync('/run/systemd/system'))
    return { place: `journalctl -u ${SERVICE}`, command: `sudo journalctl -u ${SERVICE}${wanted === '' ? '' : ` -g ${wanted}`}` };
  return { place: FILE, command: wanted === '' ? `sudo tail -n 100 ${FILE}` : `sudo grep -A 20 ${wanted} ${FILE}` };
}
