// The policy in force: read at the start, and again when the file has changed. A file that can't be understood admits root alone.
import fs from 'node:fs';
import { DEFAULT_POLICY, parsePolicy, roleOf, type Identity, type Policy, type Role } from '../policy/roles.js';
import type { Log } from './log.js';

export class PolicyFile {
  private policy: Policy;
  private stamp: string;

  /** Throws when the file is there and can't be understood: a helper does not start with a policy that nobody has written. */
  constructor(
    private readonly file: string,
    private readonly log: Log,
  ) {
    this.stamp = this.currentStamp();
    this.policy = this.read();
  }

  /** One stat(2): some microseconds, so that it can be asked for each request. */
  roleOf(identity: Identity): Role | null {
    const stamp = this.currentStamp();
    if (stamp !== this.stamp) this.reload(stamp);
    return roleOf(this.policy, identity);
  }

  private reload(stamp: string): void {
    this.stamp = stamp;
    try {
      this.policy = this.read();
      this.log.info('policy read again', { file: this.file });
    } catch (error) {
      this.policy = ROOT_ALONE;
      this.log.error('policy not understood: root alone is admitted', error, { file: this.file });
    }
  }

  private read(): Policy {
    if (this.stamp === ABSENT) return DEFAULT_POLICY;
    const { uid, mode } = fs.statSync(this.file);
    if (uid !== 0 || (mode & 0o022) !== 0) throw new Error(`${this.file} must belong to root and be writable by nobody else`);
    return parsePolicy(fs.readFileSync(this.file, 'utf8'));
  }

  /** Never throws: a file that can't be looked at is one that can't be understood. */
  private currentStamp(): string {
    try {
      const stat = fs.statSync(this.file, { throwIfNoEntry: false });
      return stat === undefined ? ABSENT : `${stat.ino} ${stat.mtimeMs} ${stat.size} ${stat.mode} ${stat.uid}`;
    } catch (error) {
      return `unreadable: ${String(error)}`;
    }
  }
}

const ABSENT = 'absent';
const ROOT_ALONE: Policy = { ...DEFAULT_POLICY, users: { uids: [], gids: [] } };
