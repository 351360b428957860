import { type BackoffPolicy, backoffDelayMs } from '../connection/backoff.logic.ts';
import type { AutoShutdown, Restart } from './child-spec.ts';

/** Which children a failure concerns, as in OTP: the failed one, all, or it and those started after it. */
export const restartStrategies = ['oneForOne', 'oneForAll', 'restForOne'] as const;
export type RestartStrategy = (typeof restartStrategies)[number];

export interface RestartPolicy {
  readonly strategy: RestartStrategy;
  /** More restarts than this within `periodMs` make the supervisor give up. */
  readonly intensity: number;
  readonly periodMs: number;
  /** Before each restart, counted by failures in a row of that child. OTP has none; here it keeps the loop free. */
  readonly backoff: BackoffPolicy;
  /** A child that ran this long before it failed starts over with the shortest delay. */
  readonly healthyAfterMs: number;
  /** @default 'never' */
  readonly autoShutdown?: AutoShutdown;
}

/** What the decision needs to know of a child. */
export interface ChildFacts {
  readonly id: string;
  readonly restart: Restart;
  readonly significant: boolean;
  /** It has not ended for good: it runs, or will be started again. */
  readonly isAlive: boolean;
  /** Epoch ms of its last start; null when it never stood. */
  readonly startedAt: number | null;
  /** Failures in a row, without a healthy spell in between. */
  readonly failures: number;
}

/**
 * How a child ended, as OTP tells exit reasons apart:
 * - `normal`: it finished;
 * - `shutdown`: it ended itself in order, e.g. a supervisor that gave up or was shut down by a significant child;
 * - `failed`: anything else.
 */
export type ExitReason = 'normal' | 'shutdown' | 'failed';

export interface ChildExit {
  readonly id: string;
  readonly reason: ExitReason;
  /** Epoch ms. */
  readonly at: number;
}

export type RestartDecision =
  /** Nothing is started; the child has ended as it may. */
  | { readonly action: 'ignore' }
  /** The end of a significant child ends the supervisor. */
  | { readonly action: 'shutDown' }
  /** `restartTimes` are those within the period, this one included. */
  | { readonly action: 'giveUp'; readonly restartTimes: readonly number[] }
  | {
      readonly action: 'restart';
      /** To start again, in start order. */
      readonly ids: readonly string[];
      /** Siblings to end first, in the order of ending: last started, first ended. */
      readonly stopIds: readonly string[];
      readonly delayMs: number;
      readonly restartTimes: readonly number[];
      /** The failed child's failures in a row, this one included. */
      readonly failures: number;
    };

/** Whether a child of such a restart type is started again after such an end. */
export const isRestarted = (restart: Restart, reason: ExitReason): boolean =>
  restart === 'permanent' || (restart === 'transient' && reason === 'failed');

/** Whether the end for good of a child ends its supervisor; `others` are its siblings. */
function endsSupervisor(
  autoShutdown: AutoShutdown,
  ended: ChildFacts,
  others: readonly ChildFacts[],
): boolean {
  if (!ended.significant || autoShutdown === 'never') return false;
  return (
    autoShutdown === 'anySignificant' || !others.some(({ significant, isAlive }) => significant && isAlive)
  );
}

/**
 * Decides what follows when a child ended by itself, or could not be started again.
 * @param children all of the supervisor's, in start order.
 * @param restartTimes epoch ms of earlier restarts, ascending.
 * @param random answers a number in [0, 1), for jitter.
 * @see https://www.erlang.org/doc/apps/stdlib/supervisor.html and `do_restart`, `add_restart`, `do_auto_shutdown` in
 *   OTP's supervisor.erl
 */
export function decideRestart(
  policy: RestartPolicy,
  children: readonly ChildFacts[],
  restartTimes: readonly number[],
  exit: ChildExit,
  random: () => number,
): RestartDecision {
  const index = children.findIndex((child) => child.id === exit.id);
  const ended = children[index];
  if (ended === undefined) return { action: 'ignore' };
  if (!isRestarted(ended.restart, exit.reason)) {
    const others = children.filter((child) => child !== ended);
    return { action: endsSupervisor(policy.autoShutdown ?? 'never', ended, others) ? 'shutDown' : 'ignore' };
  }

  // As in OTP's add_restart a restart that is exactly one period old still counts.
  const recent = [...restartTimes.filter((time) => time >= exit.at - policy.periodMs), exit.at];
  if (recent.length > policy.intensity) return { action: 'giveUp', restartTimes: recent };

  const wasHealthy = ended.startedAt !== null && exit.at - ended.startedAt >= policy.healthyAfterMs;
  const attempt = wasHealthy ? 0 : ended.failures;
  const from = policy.strategy === 'oneForAll' ? 0 : index;
  const to = policy.strategy === 'oneForOne' ? index + 1 : children.length;
  const concerned = children.slice(from, to);
  return {
    action: 'restart',
    ids: concerned.filter((child) => child.restart !== 'temporary').map((child) => child.id),
    stopIds: concerned
      .filter((child) => child.id !== exit.id)
      .map((child) => child.id)
      .reverse(),
    delayMs: backoffDelayMs({ ...policy.backoff, attempt }, random),
    restartTimes: recent,
    failures: attempt + 1,
  };
}
