import type { ChildSpec } from './child-spec.ts';
import type { ChildFacts } from './restart.logic.ts';

export type SupervisorEvent =
  /** Adds a child at the end of the start order. A spec that cannot be supervised is refused in a report. */
  | { readonly type: 'supervisor.startChild'; readonly spec: ChildSpec }
  /** Asks a child to finish, then stops it and forgets its spec. Unknown ids change nothing. */
  | { readonly type: 'supervisor.stopChild'; readonly id: string }
  /** Ends all children, last started first, then finishes. `shutdown` is what a supervisor sends to its children. */
  | { readonly type: 'supervisor.shutdown' }
  | { readonly type: 'shutdown' }
  | { readonly type: 'supervisor.restartDue'; readonly ids: readonly string[] }
  | { readonly type: 'supervisor.shutdownDue'; readonly id: string }
  | { readonly type: 'supervisor.giveUp' }
  | { readonly type: `xstate.error.actor.${string}`; readonly actorId: string; readonly error: unknown }
  | { readonly type: `xstate.done.actor.${string}`; readonly actorId: string; readonly output: unknown };

export type ReportContext =
  | 'childFailed'
  | 'childFinished'
  | 'childRestarted'
  | 'childStopped'
  | 'shutdownOverdue'
  | 'specRefused'
  | 'gaveUp';

/** What a supervisor tells of itself; OTP's four fields and the time. */
export interface SupervisorReport {
  readonly supervisor: string;
  readonly context: ReportContext;
  /** One sentence. */
  readonly reason: string;
  /** Id of the child concerned; null when it is the supervisor itself. */
  readonly offender: string | null;
  /** Epoch ms. */
  readonly at: number;
}

export type SupervisorEmitted = { readonly type: 'supervisor.report'; readonly report: SupervisorReport };

/**
 * - `running`: started and not known to have ended.
 * - `waiting`: stopped, will be started again.
 * - `finished`: ended as it may, will not be started by itself.
 * - `retiring`: asked to finish.
 */
export type ChildState = 'running' | 'waiting' | 'finished' | 'retiring';

export interface ChildRecord extends ChildFacts {
  readonly spec: ChildSpec;
  readonly state: ChildState;
  readonly restarts: number;
  readonly lastError: { readonly message: string; readonly at: number } | null;
}

/** Plain data: what the dashboard shows of a supervisor. */
export interface SupervisorContext {
  readonly id: string;
  /** In start order. */
  readonly children: readonly ChildRecord[];
  /** Epoch ms of the restarts that still count, ascending. */
  readonly restartTimes: readonly number[];
  /** The newest last; at most 50. */
  readonly reports: readonly SupervisorReport[];
}

/** The error with which a supervisor ends when restarting does not help; its parent decides what follows. */
export class SupervisorGaveUp extends Error {
  readonly supervisor: string;
  readonly offender: string | null;

  constructor(supervisor: string, offender: string | null, message: string) {
    super(message);
    this.name = 'SupervisorGaveUp';
    this.supervisor = supervisor;
    this.offender = offender;
  }
}
