import type { RestartDecision } from './restart.logic.ts';
import { planTrouble } from './supervisor.end.ts';
import type { ChildRecord, NotedExit, SupervisorContext } from './supervisor.events.ts';
import { findChild, patchChildren, withoutChildren } from './supervisor.logic.ts';
import {
  type Effect,
  nothing,
  type Plan,
  planDefer,
  report,
  sentence,
  sequence,
  told,
} from './supervisor.plan.ts';
import { planFailedStart, planRefuseStart, planStarted, planStartNext } from './supervisor.start.ts';

/**
 * A child ended while the supervisor starts its children one by one. One that fails in its start fails the
 * supervisor's, but a group's: there children do not need each other, and it is started again like any other.
 */
export function planExitInStart(context: SupervisorContext, exit: NotedExit, isGroup: boolean): Plan {
  const isStarting = findChild(context, exit.id)?.state === 'starting';
  if (isStarting && exit.reason === 'failed' && !isGroup) return planFailedStart(context, exit);
  return sequence(
    context,
    (now) => planStarted(now, exit.id, exit.at),
    (now) => planNoteExit(now, exit),
    planStartNext,
  );
}

/** A child that nobody was ending ended meanwhile: it is not asked any more, and its end is weighed afterwards. */
export function planNoteExit(context: SupervisorContext, exit: NotedExit): Plan {
  return sequence(
    context,
    (now) => ({
      children: patchChildren(now, [exit.id], () => ({ state: 'exited' })),
      // What it left running does not wait.
      effects: [{ do: 'stop', id: exit.id }],
    }),
    // One that was to be ended anyway is done with; the restart brings it back.
    (now) =>
      now.endQueue.includes(exit.id)
        ? planTrouble(now, exit)
        : planDefer(now, { type: 'child.exited', exit }),
  );
}

/**
 * A child ended by itself while nothing else is under way: heeds what is decided.
 * @param decide asked with the children as they then are
 */
export function planWeigh(
  context: SupervisorContext,
  exit: NotedExit,
  decide: (context: SupervisorContext) => RestartDecision,
  isGroup: boolean,
): Plan {
  const child = findChild(context, exit.id);
  if (child === undefined) return nothing;
  if (child.state === 'starting' && child.isOnDemand && exit.reason === 'failed') {
    return sequence(context, (now) => planRefuseStart(now, exit), planStartNext);
  }
  const decision = decide(context);
  return sequence(
    context,
    // It stood, and finished at once.
    (now) => (exit.reason === 'failed' ? nothing : planStarted(now, exit.id, exit.at)),
    (now) => planExit(now, exit, decision, isGroup),
    (now) => (decision.action === 'ignore' ? planStartNext(now) : nothing),
  );
}

/** A child ended by itself: what was decided about it. */
function planExit(
  context: SupervisorContext,
  exit: NotedExit,
  decision: RestartDecision,
  isGroup: boolean,
): Plan {
  const child = findChild(context, exit.id);
  if (child === undefined) return nothing;
  const lastError = exit.message === null ? child.lastError : { message: exit.message, at: exit.at };
  const failedToStart = child.state === 'starting';
  const seen: readonly Effect[] = [
    { do: 'stop', id: exit.id },
    failedToStart
      ? report(
          'startError',
          exit.id,
          `"${exit.id}" could not be started again: ${exit.message ?? told(exit)}`,
        )
      : exit.reason === 'failed' || child.restart === 'permanent'
        ? report('childTerminated', exit.id, sentence(exit))
        : report('childFinished', exit.id, sentence(exit)),
  ];
  switch (decision.action) {
    case 'ignore':
      return sequence(
        context,
        () => ({ effects: seen }),
        (now) => planGone(now, exit.id, lastError, isGroup),
      );
    case 'shutDown': {
      const reason = `the significant child ${sentence(exit)}`;
      return sequence(
        context,
        () => ({ ending: { offender: exit.id, reason, cause: 'autoShutdown' }, effects: seen }),
        (now) => planGone(now, exit.id, lastError, isGroup),
        () => ({ effects: [report('shutdown', exit.id, reason)] }),
      );
    }
    case 'giveUp': {
      const { intensity, periodMs } = context.policy;
      const reason = `${sentence(exit)}; more than ${intensity} restarts within ${periodMs} ms`;
      return {
        restartTimes: decision.restartTimes,
        children: patchChildren(context, [exit.id], () => ({ state: 'finished', lastError })),
        ending: { offender: exit.id, reason, cause: 'gaveUp' },
        effects: [...seen, report('shutdown', exit.id, reason)],
      };
    }
    case 'restart': {
      const { ids, stopIds, delayMs, failures, restartTimes } = decision;
      return {
        restartTimes,
        children: patchChildren(context, [exit.id], () => ({
          state: 'waiting',
          startedAt: null,
          failures,
          lastError,
        })),
        startQueue: context.startQueue.filter((id) => !ids.includes(id) && !stopIds.includes(id)),
        endQueue: stopIds,
        clearing: { failedId: exit.id, ids, delayMs },
        effects: seen,
      };
    }
  }
}

/** A child has ended for good. It is kept, to be started again on demand, unless it is temporary or in a group. */
function planGone(
  context: SupervisorContext,
  id: string,
  lastError: ChildRecord['lastError'],
  isGroup: boolean,
): Plan {
  if (isGroup || findChild(context, id)?.restart === 'temporary') {
    return { children: withoutChildren(context, [id]), effects: [{ do: 'tellForgotten', id }] };
  }
  return { children: patchChildren(context, [id], () => ({ state: 'finished', lastError })), effects: [] };
}
