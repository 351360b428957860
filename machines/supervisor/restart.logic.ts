import { type BackoffPolicy, backoffDelayMs } from '../connection/backoff.logic.ts';
import type { Restart } from './child-spec.ts';

/** Which children a failure concerns, as in OTP: the failed one, all, or it and those started after it. */
export type RestartStrategy = 'oneForOne' | 'oneForAll' | 'restForOne';

export interface RestartPolicy {
  readonly strategy: RestartStrategy;
  /** More restarts than this within `periodMs` make the supervisor give up. */
  readonly intensity: number;
  readonly periodMs: number;
  /** Before each restart, counted by failures in a row of that child. OTP has none; here it keeps the loop free. */
  readonly backoff: BackoffPolicy;
  /** A child that ran this long before it failed starts over with the shortest delay. */
  readonly healthyAfterMs: number;
}

/** What the decision needs to know of a child. */
export interface ChildFacts {
  readonly id: string;
  readonly restart: Restart;
  /** Epoch ms of its last start. */
  readonly startedAt: number;
  /** Failures in a row, without a healthy spell in between. */
  readonly failures: number;
}

export interface ChildExit {
  readonly id: string;
  readonly how: 'failed' | 'finished';
  /** Epoch ms. */
  readonly at: number;
}

export type RestartDecision =
  /** Nothing is started; the child has ended as it may. */
  | { readonly action: 'ignore' }
  /** `restartTimes` are those within the period, this one included. */
  | { readonly action: 'giveUp'; readonly restartTimes: readonly number[] }
  | {
      readonly action: 'restart';
      /** To start again, in start order. */
      readonly ids: readonly string[];
      /** Siblings to stop first, in the order of stopping: last started, first stopped. */
      readonly stopIds: readonly string[];
      readonly delayMs: number;
      readonly restartTimes: readonly number[];
      /** The failed child's failures in a row, this one included. */
      readonly failures: number;
    };

/**
 * Decides what follows when a child ended.
 * @param children all of the supervisor's, in start order.
 * @param restartTimes epoch ms of earlier restarts, ascending.
 * @param random answers a number in [0, 1), for jitter.
 * @see https://www.erlang.org/doc/apps/stdlib/supervisor.html and `add_restart/3` in OTP's supervisor.erl
 */
export function decideRestart(
  policy: RestartPolicy,
  children: readonly ChildFacts[],
  restartTimes: readonly number[],
  exit: ChildExit,
  random: () => number,
): RestartDecision {
  const index = children.findIndex((child) => child.id === exit.id);
  const failed = children[index];
  if (failed === undefined || failed.restart === 'temporary') return { action: 'ignore' };
  if (failed.restart === 'transient' && exit.how === 'finished') return { action: 'ignore' };

  const recent = [...restartTimes.filter((time) => time > exit.at - policy.periodMs), exit.at];
  if (recent.length > policy.intensity) return { action: 'giveUp', restartTimes: recent };

  const attempt = exit.at - failed.startedAt >= policy.healthyAfterMs ? 0 : failed.failures;
  const from = { oneForOne: index, oneForAll: 0, restForOne: index }[policy.strategy];
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
