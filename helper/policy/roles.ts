// Who is who: the policy file's content and a peer's numeric identity → role. The file is optional; root is always an admin.
import { z } from 'zod';

export type Role = 'user' | 'admin';

const id = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 2);
const group = z.strictObject({ uids: z.array(id).max(1024).default([]), gids: z.array(id).max(1024).default([]) });

const policyFile = z.strictObject({
  version: z.literal(1),
  /** They see and touch everything, and may ask for what is the host's: as good as root. */
  admins: group.default({ uids: [], gids: [] }),
  /** Who may use the helper at all, for objects of his own. */
  users: z.union([z.literal('everyone'), group]).default('everyone'),
});
export type Policy = z.infer<typeof policyFile>;

export const DEFAULT_POLICY: Policy = { version: 1, admins: { uids: [], gids: [] }, users: 'everyone' };

/** Throws an Error that says what is wrong: a policy that can't be read is not one that allows. */
export function parsePolicy(text: string): Policy {
  const parsed = policyFile.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** Null: the policy does not admit him. */
export function roleOf(policy: Policy, identity: Identity): Role | null {
  if (identity.uid === 0 || isOneOf(policy.admins, identity)) return 'admin';
  return policy.users === 'everyone' || isOneOf(policy.users, identity) ? 'user' : null;
}

function isOneOf(group: z.infer<typeof policyFile>['admins'], { uid, gid, groups }: Identity): boolean {
  return group.uids.includes(uid) || group.gids.some((candidate) => candidate === gid || groups.includes(candidate));
}
