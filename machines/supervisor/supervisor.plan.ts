import type { ChildSpec, SpecFault } from './child-spec.ts';
import type { ChildExit, RestartDecision } from './restart.logic.ts';
import type { ChildRecord, ReportContext, SupervisorContext } from './supervisor.events.ts';
import { findChild, messageOf, newRecord, patchChildren, withoutChildren } from './supervisor.logic.ts';

/** What the machine is to do, in this order, after its context has taken the plan's. */
export type Effect =
  /** Stops a child, dead or alive, and what it left running. */
  | { readonly do: 'stop'; readonly id: string }
  /** Stops what is left of a child, then starts it by its spec. */
  | { readonly do: 'start'; readonly spec: ChildSpec }
  | { readonly do: 'askToFinish'; readonly id: string; readonly withinMs: number }
  | { readonly do: 'cancelDeadline'; readonly id: string }
  | {
      readonly do: 'restartLater';
      readonly id: string;
      readonly ids: readonly string[];
      readonly delayMs: number;
    }
  | { readonly do: 'cancelRestart'; readonly id: string }
  | { readonly do: 'endInError' }
  | {
      readonly do: 'report';
      readonly context: ReportContext;
      readonly offender: string | null;
      readonly reason: string;
    };

/** A step of the supervisor as data: pure, so that it is tested without actors. */
export interface Plan {
  readonly children?: readonly ChildRecord[];
  readonly restartTimes?: readonly number[];
  readonly effects: readonly Effect[];
}

const report = (context: ReportContext, offender: string | null, reason: string): Effect => ({
  do: 'report',
  context,
  offender,
  reason,
});

const told = (exit: ChildExit & { readonly error: unknown }): string =>
  exit.how === 'failed' ? `failed: ${messageOf(exit.error)}` : 'finished';

/** Starts every child in order. */
export const planStart = (context: SupervisorContext): Plan => ({
  effects: context.children.map((child) => ({ do: 'start', spec: child.spec })),
});

/** A child ended and the supervisor goes on: stops what the decision concerns, and starts it later. */
export function planExit(
  context: SupervisorContext,
  exit: ChildExit & { readonly error: unknown },
  decision: RestartDecision,
): Plan {
  const lastError = exit.how === 'failed' ? { message: messageOf(exit.error), at: exit.at } : null;
  const seen = report(
    exit.how === 'failed' ? 'childFailed' : 'childFinished',
    exit.id,
    `"${exit.id}" ${told(exit)}`,
  );
  if (decision.action !== 'restart') {
    const forgets = findChild(context, exit.id)?.restart === 'temporary';
    return {
      children: forgets
        ? withoutChildren(context, [exit.id])
        : patchChildren(context, [exit.id], (child) => ({
            state: 'finished',
            lastError: lastError ?? child.lastError,
          })),
      effects: [{ do: 'stop', id: exit.id }, seen],
    };
  }
  const { ids, stopIds, delayMs, failures, restartTimes } = decision;
  const children = patchChildren(context, ids, (child) => ({
    state: 'waiting',
    ...(child.id === exit.id ? { failures, lastError: lastError ?? child.lastError } : {}),
  }));
  const dropped = stopIds.filter((id) => !ids.includes(id));
  return {
    children: children.filter((child) => !dropped.includes(child.id)),
    restartTimes,
    effects: [
      { do: 'stop', id: exit.id },
      ...stopIds.flatMap((id): Effect[] => [
        { do: 'cancelRestart', id },
        { do: 'cancelDeadline', id },
        { do: 'stop', id },
      ]),
      seen,
      { do: 'restartLater', id: exit.id, ids, delayMs },
    ],
  };
}

/** The delay has run out: starts those that still wait, in start order. */
export function planRestart(context: SupervisorContext, ids: readonly string[], at: number): Plan {
  const due = context.children.filter((child) => ids.includes(child.id) && child.state === 'waiting');
  return {
    children: patchChildren(
      context,
      due.map((child) => child.id),
      (child) => ({ state: 'running', startedAt: at, restarts: child.restarts + 1 }),
    ),
    effects: due.flatMap((child): Effect[] => [
      { do: 'start', spec: child.spec },
      report('childRestarted', child.id, `"${child.id}" was started again`),
    ]),
  };
}

/** Restarting does not help: ends all children, last started first, then the supervisor itself. */
export function planGiveUp(
  context: SupervisorContext,
  exit: ChildExit & { readonly error: unknown },
  policy: { readonly intensity: number; readonly periodMs: number },
): Plan {
  const reason = `"${exit.id}" ${told(exit)}; more than ${policy.intensity} restarts within ${policy.periodMs} ms`;
  return {
    children: [],
    effects: [
      ...context.children.map((child): Effect => ({ do: 'stop', id: child.id })).reverse(),
      report('gaveUp', exit.id, reason),
      { do: 'endInError' },
    ],
  };
}

/** Takes a new child at the end of the start order, or says why not. */
export function planAdmit(
  context: SupervisorContext,
  spec: ChildSpec,
  fault: { readonly code: SpecFault; readonly message: string } | null,
  at: number,
): Plan {
  if (fault !== null) {
    return { effects: [report('specRefused', spec.id, `${fault.code}: ${fault.message}`)] };
  }
  return { children: [...context.children, newRecord(spec, at)], effects: [{ do: 'start', spec }] };
}

/** Ends one child: asks first if it may take time, else stops it at once. */
export function planRetire(context: SupervisorContext, id: string): Plan {
  const child = findChild(context, id);
  if (child === undefined || child.state === 'retiring') return { effects: [] };
  if (child.state === 'running' && child.spec.shutdownMs > 0) {
    return {
      children: patchChildren(context, [id], () => ({ state: 'retiring' })),
      effects: [{ do: 'askToFinish', id, withinMs: child.spec.shutdownMs }],
    };
  }
  return {
    children: withoutChildren(context, [id]),
    effects: [
      { do: 'cancelRestart', id },
      { do: 'stop', id },
      report('childStopped', id, `"${id}" was stopped`),
    ],
  };
}

/** A child that was asked to finish has ended, or its time is over. */
export function planDrop(context: SupervisorContext, id: string, how: string, overdue: boolean): Plan {
  return {
    children: withoutChildren(context, [id]),
    effects: [
      { do: 'cancelDeadline', id },
      { do: 'stop', id },
      report(overdue ? 'shutdownOverdue' : 'childStopped', id, `"${id}" ${how}`),
    ],
  };
}

/** Goes on with a shutdown: ends children from the last one backwards, up to the first that takes time. */
export function planRetireNext(context: SupervisorContext): Plan {
  const effects: Effect[] = [];
  let children = context.children;
  for (let last = children.at(-1); last !== undefined && last.state !== 'retiring'; last = children.at(-1)) {
    const plan = planRetire({ ...context, children }, last.id);
    effects.push(...plan.effects);
    children = plan.children ?? children;
  }
  return { children, effects };
}
