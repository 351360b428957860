/** What is known beforehand: when the gateway restarts by itself, and when a person must log in again. */

import { type DailyTime, nextDaily, nextWeekly, type WeeklyTime } from '../domain/wall-time.ts';
import type { ConnectionStatus } from './connection.status.ts';

/**
 * The gateway's own restart ("Auto restart" in its settings). Orders sent in its seconds vanish, so none leaves
 * around it. https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/#tws-config-restart
 */
export interface RestartPlan extends DailyTime {
  readonly quietBeforeMs: number;
  readonly quietAfterMs: number;
}

/** Once a week the gateway does not come back by itself: a person logs in, with the second factor. */
export interface LoginPlan extends WeeklyTime {
  /** How long before it is warned of. */
  readonly warnBeforeMs: number;
}

/** The next planned restart. */
export interface RestartStatus {
  readonly at: number;
  readonly quietFrom: number;
  readonly quietUntil: number;
  /** No order leaves now. */
  readonly isQuiet: boolean;
}

/** The next login by a person: `later`, `soon` (it is warned of), or `awaited` (nothing goes on without it). */
export interface LoginStatus {
  readonly state: 'later' | 'soon' | 'awaited';
  readonly dueAt: number;
}

/** The restart whose quiet time is not over yet. */
export function nextRestart(plan: RestartPlan, now: number): RestartStatus {
  const at = nextDaily(plan, now - plan.quietAfterMs);
  return {
    at,
    quietFrom: at - plan.quietBeforeMs,
    quietUntil: at + plan.quietAfterMs,
    isQuiet: false,
  };
}

export const nextLogin = (plan: LoginPlan, now: number): LoginStatus => ({
  state: 'later',
  dueAt: nextWeekly(plan, now),
});

/** Why no order leaves around a restart; null when they may. */
function quietCause(restart: RestartStatus | null): string | null {
  if (restart === null || !restart.isQuiet) return null;
  const moment = (at: number): string => new Date(at).toISOString().slice(11, 16);
  return `the gateway restarts at ${moment(restart.at)} UTC, and no order leaves from ${moment(restart.quietFrom)} to ${moment(restart.quietUntil)}`;
}

/** Whether orders may leave by the connection's own account, and why not. */
export function readiness(status: Pick<ConnectionStatus, 'phase' | 'cause' | 'restart'>): {
  readonly ready: boolean;
  readonly cause: string | null;
} {
  const quiet = quietCause(status.restart);
  return { ready: status.phase === 'ready' && quiet === null, cause: quiet ?? status.cause };
}

/** The refusal of an order that would leave in the quiet time around a restart; null: it may. */
export function restartRefusal(
  status: Pick<ConnectionStatus, 'restart'>,
): { readonly reason: 'notReady'; readonly message: string } | null {
  const message = quietCause(status.restart);
  return message === null ? null : { reason: 'notReady', message };
}
