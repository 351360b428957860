import type { ChildSpec } from './child-spec.ts';
import type { ChildFacts } from './restart.logic.ts';
import type { NotedExit, ReportContext, SupervisorContext, SupervisorEvent } from './supervisor.events.ts';

/** What the machine is to do, in this order, after its context has taken the plan's. */
export type Effect =
  /** Stops a child, dead or alive, and what it left running. */
  | { readonly do: 'stop'; readonly id: string }
  /** Starts a child by its spec; `child.started` follows when it stands. Whatever was there before was stopped. */
  | { readonly do: 'start'; readonly spec: ChildSpec }
  /** `withinMs` null: for ever. */
  | { readonly do: 'askToFinish'; readonly id: string; readonly withinMs: number | null }
  | { readonly do: 'cancelDeadline'; readonly id: string }
  | {
      readonly do: 'restartLater';
      readonly id: string;
      readonly ids: readonly string[];
      readonly delayMs: number;
    }
  | { readonly do: 'cancelRestart'; readonly id: string }
  /** Goes on starting, or ending, in the next turn of the event loop. */
  | { readonly do: 'goOnLater' }
  | { readonly do: 'raise'; readonly event: SupervisorEvent }
  /** Hands an event to a child that runs. */
  | { readonly do: 'forward'; readonly id: string; readonly event: SupervisorEvent }
  /** Tells whoever supervises this supervisor that a child is gone for good. */
  | { readonly do: 'tellForgotten'; readonly id: string }
  | { readonly do: 'endInError' }
  | {
      readonly do: 'report';
      readonly context: ReportContext;
      readonly offender: string | null;
      readonly reason: string;
    };

/** A step of the supervisor as data: pure, so that it is tested without actors. */
export interface Plan
  extends Partial<
    Pick<
      SupervisorContext,
      | 'children'
      | 'startQueue'
      | 'burst'
      | 'endQueue'
      | 'clearing'
      | 'deferred'
      | 'leaving'
      | 'restartTimes'
      | 'ending'
    >
  > {
  readonly effects: readonly Effect[];
}

export const report = (context: ReportContext, offender: string | null, reason: string): Effect => ({
  do: 'report',
  context,
  offender,
  reason,
});

export const nothing: Plan = { effects: [] };

export const raise = (event: SupervisorEvent): Effect => ({ do: 'raise', event });

/** Does one plan after the other; each sees the context that the one before left. */
export function sequence(
  context: SupervisorContext,
  ...steps: readonly ((context: SupervisorContext) => Plan)[]
): Plan {
  const effects: Effect[] = [];
  let changed: Partial<SupervisorContext> = {};
  for (const step of steps) {
    const { effects: more, ...changes } = step({ ...context, ...changed });
    effects.push(...more);
    changed = { ...changed, ...changes };
  }
  return { ...changed, effects };
}

/** What the restart decision reads of the children; one that is being ended on demand counts as ended. */
export const factsOf = (context: SupervisorContext): ChildFacts[] =>
  context.children.map((child) => ({
    ...child,
    isAlive: child.state !== 'finished' && child.state !== 'retiring',
  }));

export const told = (exit: NotedExit): string =>
  exit.reason === 'normal'
    ? 'finished'
    : `${exit.reason === 'failed' ? 'failed' : 'ended'}${exit.message === null ? '' : `: ${exit.message}`}`;

export const sentence = (exit: NotedExit): string => `"${exit.id}" ${told(exit)}`;

/** Keeps what came while siblings are ended, in order. */
export const planDefer = (context: SupervisorContext, event: SupervisorEvent): Plan => ({
  deferred: [...context.deferred, event],
  effects: [],
});

/** Heeds what was kept while the supervisor was busy, in order. */
export const planHeed = (context: SupervisorContext): Plan => ({
  deferred: [],
  effects: context.deferred.map(raise),
});
