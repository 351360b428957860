import type { AutoShutdown, ChildSpec } from './child-spec.ts';
import type { ChildExit, ChildFacts, RestartStrategy } from './restart.logic.ts';

/** A child's end as plain data. */
export interface NotedExit extends ChildExit {
  /** One sentence of what went wrong; null when nothing did. */
  readonly message: string | null;
}

/** What a supervisor may be asked. */
export type SupervisorCommand =
  /**
   * Adds a child at the end of the start order. A spec that cannot be supervised, or a child that fails in its start,
   * is refused in a report, and nothing is added.
   */
  | { readonly type: 'supervisor.startChild'; readonly spec: ChildSpec }
  /** Ends a child and forgets it. Unknown ids change nothing. */
  | { readonly type: 'supervisor.stopChild'; readonly id: string }
  /** Ends a child and keeps its spec, so that it can be started again; that of a temporary one is forgotten. */
  | { readonly type: 'supervisor.terminateChild'; readonly id: string }
  /**
   * Starts a child again that ended and was kept. One that runs, or waits for its restart, stays as it is; one that
   * fails in this start stays ended.
   */
  | { readonly type: 'supervisor.restartChild'; readonly id: string };

export const commandTypes = [
  'supervisor.startChild',
  'supervisor.stopChild',
  'supervisor.terminateChild',
  'supervisor.restartChild',
] as const satisfies readonly SupervisorCommand['type'][];

/** Id of the child that a command concerns. */
export const commandedId = (command: SupervisorCommand): string =>
  command.type === 'supervisor.startChild' ? command.spec.id : command.id;

export type SupervisorEvent =
  | SupervisorCommand
  /** Ends all children, last started first, then finishes. `shutdown` is what a supervisor sends to its children. */
  | { readonly type: 'supervisor.shutdown' }
  | { readonly type: 'shutdown' }
  /** To itself: the child stands, its start is over. */
  | { readonly type: 'child.started'; readonly id: string }
  /** To itself: an end that came while others were being ended. */
  | { readonly type: 'child.exited'; readonly exit: NotedExit }
  /** From a group: a child ended for good and was forgotten. */
  | { readonly type: 'group.forgot'; readonly group: string; readonly id: string }
  | { readonly type: 'supervisor.restartDue'; readonly ids: readonly string[] }
  | { readonly type: 'supervisor.shutdownDue'; readonly id: string }
  /** To itself: it has rested, and goes on starting, or ending, children. */
  | { readonly type: 'supervisor.goOn' }
  /** To itself: every child has ended. */
  | { readonly type: 'supervisor.giveUp' }
  | { readonly type: `xstate.error.actor.${string}`; readonly actorId: string; readonly error: unknown }
  | { readonly type: `xstate.done.actor.${string}`; readonly actorId: string; readonly output: unknown };

/**
 * What a report is about. The first four are OTP's error contexts, the others tell of progress and refusals:
 * - `startError`: a child could not be started;
 * - `childTerminated`: a child ended that was not to end;
 * - `shutdownError`: a child that was asked to finish failed, or took longer than it may;
 * - `shutdown`: the supervisor itself ends, because it restarted too often or a significant child ended.
 */
export const reportContexts = [
  'startError',
  'childTerminated',
  'shutdownError',
  'shutdown',
  'childFinished',
  'childRestarted',
  'childStopped',
  'specRefused',
] as const;
export type ReportContext = (typeof reportContexts)[number];

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
 * - `waiting`: ended, will be started again.
 * - `starting`: its start is under way.
 * - `running`: started and not known to have ended.
 * - `exited`: ended by itself; what follows is decided when others have been ended.
 * - `retiring`: asked to finish.
 * - `finished`: ended, will not be started by itself.
 */
export type ChildState = 'waiting' | 'starting' | 'running' | 'exited' | 'retiring' | 'finished';

/** What becomes of a child that is being ended; `discard`: its supervisor ends too, nobody needs to be told. */
export type Afterwards = 'restart' | 'keep' | 'forget' | 'discard';

export interface ChildRecord extends Omit<ChildFacts, 'isAlive'> {
  readonly spec: ChildSpec;
  readonly state: ChildState;
  /** Read while it is `retiring`. */
  readonly afterwards: Afterwards;
  /** What was asked about it while it was `retiring`; heeded when it has ended, in order. */
  readonly meanwhile: readonly SupervisorCommand[];
  /** A command asked for its start: when it fails in it, it is not started again. */
  readonly isOnDemand: boolean;
  /** It stood once: another start is a restart. */
  readonly hasStood: boolean;
  readonly restarts: number;
  readonly lastError: { readonly message: string; readonly at: number } | null;
}

/** A restart for which siblings are being ended. */
export interface Clearing {
  readonly failedId: string;
  /** To start again, in start order. */
  readonly ids: readonly string[];
  readonly delayMs: number;
}

/** Why a supervisor ends by itself. */
export interface Ending {
  readonly offender: string | null;
  readonly reason: string;
  /** A significant child ended; restarting did not help; a child failed in the supervisor's own start. */
  readonly cause: 'autoShutdown' | 'gaveUp' | 'failedStart';
}

/** Plain data: what the dashboard shows of a supervisor. */
export interface SupervisorContext {
  readonly id: string;
  readonly policy: {
    readonly strategy: RestartStrategy;
    readonly intensity: number;
    readonly periodMs: number;
    readonly autoShutdown: AutoShutdown;
  };
  /** In start order. */
  readonly children: readonly ChildRecord[];
  /** To be started, one after the other: the next one when the one before stands. */
  readonly startQueue: readonly string[];
  /** Starts one after the other without a rest. */
  readonly burst: number;
  /** Still to be ended, in the order of ending. */
  readonly endQueue: readonly string[];
  readonly clearing: Clearing | null;
  /** What came while siblings were being ended; heeded afterwards, in order. */
  readonly deferred: readonly SupervisorEvent[];
  /** Of a dynamic supervisor: by group, the children that are being ended for good. */
  readonly leaving: Readonly<Record<string, readonly string[]>>;
  /** Epoch ms of the restarts that still count, ascending. */
  readonly restartTimes: readonly number[];
  /** Why it ends; null while it does not. */
  readonly ending: Ending | null;
  /** The newest last; at most 50. */
  readonly reports: readonly SupervisorReport[];
}

/** What a supervisor may be started with, in place of what it was made with; how groups come by their children. */
export interface SupervisorInput {
  readonly id: string;
  readonly children: Readonly<Record<string, ChildSpec>>;
}

/** What a supervisor finishes with: its parent reads it as an end in order. */
export interface SupervisorOutput {
  readonly reason: 'shutdown';
}

/**
 * The error with which a supervisor ends when restarting does not help; its parent decides what follows. As in OTP
 * the parent reads it as an end in order, so that only a permanent supervisor is started again; but one that failed
 * in its start has failed.
 */
export class SupervisorGaveUp extends Error {
  readonly supervisor: string;
  readonly offender: string | null;
  /** It never stood: a child could not be started. */
  readonly inStart: boolean;

  constructor(supervisor: string, offender: string | null, message: string, inStart: boolean) {
    super(message);
    this.inStart = inStart;
    this.name = 'SupervisorGaveUp';
    this.supervisor = supervisor;
    this.offender = offender;
  }
}
