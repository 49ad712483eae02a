// What the engine asks of the policy: may this be, and how is it written as an OCI runtime-spec config. The engine knows
// no rule; `main.ts` builds one of these from helper/policy.
import type { ContainerSpec, Limits } from '../../protocol/containers.js';
import type { ImageDefaults } from '../../protocol/images.js';
import type { Caller } from './caller.js';

/** An OCI runtime-spec config.json. */
export type RuntimeConfig = Readonly<Record<string, unknown>>;

export interface PlanRequest {
  readonly caller: Caller;
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly image: ImageDefaults;
  /** As `linux.cgroupsPath`. */
  readonly cgroupPath: string;
}

/** A bind of the config whose source has to be opened as the caller: `config.mounts[index]`. */
export interface PlannedBind {
  readonly index: number;
  readonly source: string;
  readonly access: 'read' | 'write';
  /** Mapped to the container's root by an idmapped mount; null: as it is. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** All that a start needs besides the layers; plain data, kept on disk. */
export interface LaunchPlan {
  readonly config: RuntimeConfig;
  readonly binds: readonly PlannedBind[];
  /** `user[:group]` to look up in the container; null: `process.user` of the config. */
  readonly user: string | null;
  /** How the overlay root is mounted. */
  readonly idMapped: boolean;
  readonly noSuid: boolean;
}

export interface ExecPlanRequest {
  readonly caller: Caller;
  readonly config: RuntimeConfig;
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string | undefined;
  readonly terminal: boolean;
}

export interface Planner {
  /** Authorizes the final effective spec, then writes it down. Throws a Failure (DENIED, LIMIT, INVALID_PARAMS). */
  plan(request: PlanRequest): Promise<LaunchPlan> | LaunchPlan;
  /** Throws LIMIT when `caller` may not have one more, with this spec, beside the `count` containers that he has with specs of `specBytes`. */
  admitContainer(caller: Caller, held: { readonly count: number; readonly specBytes: number }, spec: ContainerSpec): void;
  /** Asked at each start, also an automatic one: throws DENIED when the ids of `config` are not those of its owner any more. */
  admitLaunch(owner: Caller, config: RuntimeConfig): void | Promise<void>;
  /** Throws LIMIT when a container may not have one more than the `count` execs that run in it. */
  admitExec(count: number): void;
  /** The config with its `process` replaced by what is to be executed. */
  planExec(request: ExecPlanRequest): RuntimeConfig;
  /** What `container/update` makes of the limits that a container has: to keep, and to write to its cgroup. */
  planUpdate(caller: Caller, current: Limits, update: Limits): UpdatePlan | Promise<UpdatePlan>;
}

export interface UpdatePlan {
  /** `current` with what `update` sets or (null) clears. */
  readonly limits: Limits;
  /** The linux.resources object for `Kernel.cgroupUpdate`: what has changed, with explicit values for what is cleared. */
  readonly resources: Readonly<Record<string, unknown>>;
}
