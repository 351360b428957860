import type { ChildSpec, Fault } from './child-spec.ts';
import type { ChildFacts, RestartDecision } from './restart.logic.ts';
import type {
  Afterwards,
  ChildRecord,
  NotedExit,
  ReportContext,
  SupervisorContext,
  SupervisorEvent,
} from './supervisor.events.ts';
import { findChild, newRecord, patchChildren, withoutChildren } from './supervisor.logic.ts';

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
      'children' | 'startQueue' | 'endQueue' | 'clearing' | 'deferred' | 'restartTimes' | 'ending'
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

const nothing: Plan = { effects: [] };
const raise = (event: SupervisorEvent): Effect => ({ do: 'raise', event });

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

/** What the restart decision reads of the children. */
export const factsOf = (context: SupervisorContext): ChildFacts[] =>
  context.children.map((child) => ({ ...child, isAlive: child.state !== 'finished' }));

const told = (exit: NotedExit): string =>
  exit.reason === 'normal'
    ? 'finished'
    : `${exit.reason === 'failed' ? 'failed' : 'ended'}${exit.message === null ? '' : `: ${exit.message}`}`;

const sentence = (exit: NotedExit): string => `"${exit.id}" ${told(exit)}`;

/** Starts the next child of the queue that still waits; the one after it follows when it stands. */
export function planStartNext(context: SupervisorContext): Plan {
  // One start at a time: what is on the left is needed by what is on the right.
  if (context.children.some((child) => child.state === 'starting')) return nothing;
  const at = context.startQueue.findIndex((id) => findChild(context, id)?.state === 'waiting');
  if (at === -1) return { startQueue: [], effects: [] };
  const id = context.startQueue[at] ?? '';
  const child = findChild(context, id);
  if (child === undefined) return nothing;
  return {
    startQueue: context.startQueue.slice(at + 1),
    children: patchChildren(context, [id], () => ({ state: 'starting' })),
    effects: [{ do: 'start', spec: child.spec }],
  };
}

/** A child stands. */
export function planStarted(context: SupervisorContext, id: string, at: number): Plan {
  const child = findChild(context, id);
  if (child?.state !== 'starting') return nothing;
  return {
    children: patchChildren(context, [id], () => ({
      state: 'running',
      startedAt: at,
      hasStood: true,
      restarts: child.restarts + (child.hasStood ? 1 : 0),
    })),
    effects: child.hasStood ? [report('childRestarted', id, `"${id}" was started again`)] : [],
  };
}

/** A child failed in the first start of its supervisor, which then ends too. */
export function planFailedStart(context: SupervisorContext, exit: NotedExit): Plan {
  const reason = `"${exit.id}" could not be started: ${exit.message ?? 'it ended at once'}`;
  return {
    startQueue: [],
    children: patchChildren(context, [exit.id], () => ({ state: 'finished' })),
    ending: { offender: exit.id, reason },
    effects: [
      { do: 'stop', id: exit.id },
      report('startError', exit.id, reason),
      raise({ type: 'verdict.giveUp' }),
    ],
  };
}

/** A child that was added could not be started: it is not added. */
export function planRefuseStart(context: SupervisorContext, exit: NotedExit): Plan {
  const reason = `"${exit.id}" could not be started: ${exit.message ?? 'it ended at once'}`;
  return {
    children: withoutChildren(context, [exit.id]),
    effects: [
      { do: 'stop', id: exit.id },
      report('startError', exit.id, reason),
      { do: 'tellForgotten', id: exit.id },
    ],
  };
}

/** A child ended by itself: what was decided about it. */
export function planExit(context: SupervisorContext, exit: NotedExit, decision: RestartDecision): Plan {
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
        (now) => planGone(now, exit.id, lastError),
      );
    case 'shutDown': {
      const reason = `the significant child ${sentence(exit)}`;
      return sequence(
        context,
        () => ({ ending: { offender: exit.id, reason }, effects: seen }),
        (now) => planGone(now, exit.id, lastError),
        () => ({ effects: [report('shutdown', exit.id, reason), raise({ type: 'verdict.shutDown' })] }),
      );
    }
    case 'giveUp': {
      const { intensity, periodMs } = context.policy;
      const reason = `${sentence(exit)}; more than ${intensity} restarts within ${periodMs} ms`;
      return {
        restartTimes: decision.restartTimes,
        children: patchChildren(context, [exit.id], () => ({ state: 'finished', lastError })),
        ending: { offender: exit.id, reason },
        effects: [...seen, report('shutdown', exit.id, reason), raise({ type: 'verdict.giveUp' })],
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
        effects: [...seen, raise({ type: 'verdict.clear' })],
      };
    }
  }
}

/**
 * A child ended by itself while nothing else is under way: heeds what is decided.
 * @param decide asked with the children as they then are
 */
export function planWeigh(
  context: SupervisorContext,
  exit: NotedExit,
  decide: (context: SupervisorContext) => RestartDecision,
): Plan {
  const child = findChild(context, exit.id);
  if (child === undefined) return nothing;
  // Added, and failed in its first start.
  if (!child.hasStood && exit.reason === 'failed') {
    return sequence(context, (now) => planRefuseStart(now, exit), planStartNext);
  }
  const decision = decide(context);
  return sequence(
    context,
    // It stood, and finished at once.
    (now) => (exit.reason === 'failed' ? nothing : planStarted(now, exit.id, exit.at)),
    (now) => planExit(now, exit, decision),
    (now) => (decision.action === 'ignore' ? planStartNext(now) : nothing),
  );
}

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

/** Heeds what was kept while the supervisor was busy, in order. */
export const planHeed = (context: SupervisorContext): Plan => ({
  deferred: [],
  effects: context.deferred.map(raise),
});

/** A child has ended for good. */
function planGone(context: SupervisorContext, id: string, lastError: ChildRecord['lastError']): Plan {
  if (findChild(context, id)?.restart === 'temporary') {
    return { children: withoutChildren(context, [id]), effects: [{ do: 'tellForgotten', id }] };
  }
  return { children: patchChildren(context, [id], () => ({ state: 'finished', lastError })), effects: [] };
}

/** Ends one child: asks first if it may take time, else stops it at once. */
function planEndChild(context: SupervisorContext, child: ChildRecord): Plan {
  const { id, spec } = child;
  const { shutdownMs } = spec;
  if ((child.state === 'running' || child.state === 'starting') && shutdownMs !== 0) {
    return {
      children: patchChildren(context, [id], () => ({ state: 'retiring' })),
      effects: [{ do: 'askToFinish', id, withinMs: shutdownMs === 'infinity' ? null : shutdownMs }],
    };
  }
  return sequence(
    context,
    () => ({
      effects: [
        { do: 'cancelRestart', id },
        { do: 'stop', id },
      ],
    }),
    (now) => planEnded(now, id),
  );
}

/** A child that was to end has ended: it is forgotten, kept, or waits to be started again. */
function planEnded(context: SupervisorContext, id: string, isReported = false): Plan {
  const child = findChild(context, id);
  if (child === undefined) return nothing;
  if (child.afterwards === 'discard') return { children: withoutChildren(context, [id]), effects: [] };
  if (child.afterwards === 'forget') {
    return {
      children: withoutChildren(context, [id]),
      effects: [
        ...(isReported ? [] : [report('childStopped', id, `"${id}" was stopped`)]),
        { do: 'tellForgotten', id },
      ],
    };
  }
  const state = child.afterwards === 'restart' ? 'waiting' : 'finished';
  return { children: patchChildren(context, [id], () => ({ state, startedAt: null })), effects: [] };
}

/** Goes on ending children in the order of the queue, up to the first that takes time. */
export function planEndNext(context: SupervisorContext): Plan {
  let plan: Plan = nothing;
  let now = context;
  for (let id = now.endQueue[0]; id !== undefined; id = now.endQueue[0]) {
    const child = findChild(now, id);
    if (child?.state === 'retiring') break;
    const ended = child === undefined ? nothing : planEndChild(now, child);
    const isAsked = ended.effects.some((effect) => effect.do === 'askToFinish');
    plan = {
      ...plan,
      ...ended,
      ...(isAsked ? {} : { endQueue: now.endQueue.slice(1) }),
      effects: [...plan.effects, ...ended.effects],
    };
    now = { ...context, ...plan };
  }
  return plan;
}

/** Begins to end siblings for a restart, then goes on as {@link planClearNext}. */
export const planClear = (context: SupervisorContext): Plan =>
  sequence(
    context,
    (now) => {
      const ids: readonly string[] = now.clearing?.ids ?? [];
      const afterwards = (child: ChildRecord): Afterwards => {
        // One that a person is stopping stays stopped.
        if (child.state === 'retiring') return child.afterwards;
        return ids.includes(child.id) ? 'restart' : 'forget';
      };
      const marked = patchChildren(now, now.endQueue, (child) => ({ afterwards: afterwards(child) }));
      return { children: marked, effects: [] };
    },
    planClearNext,
  );

/** Ends siblings; when all have ended, the restart is set off and what came meanwhile is heeded. */
export const planClearNext = (context: SupervisorContext): Plan =>
  sequence(context, planEndNext, (now) => {
    const { clearing, deferred } = now;
    if (now.endQueue.length > 0 || clearing === null) return nothing;
    const ids = clearing.ids.filter((id) => findChild(now, id)?.state === 'waiting');
    return {
      clearing: null,
      deferred: [],
      effects: [
        { do: 'restartLater', id: clearing.failedId, ids, delayMs: clearing.delayMs },
        raise({ type: 'verdict.cleared' }),
        ...deferred.map(raise),
      ],
    };
  });

/** Keeps what came while siblings are ended, in order. */
export const planDefer = (context: SupervisorContext, event: SupervisorEvent): Plan => ({
  deferred: [...context.deferred, event],
  effects: [],
});

/** A child that nobody was ending ended meanwhile: it is not asked any more, and its end is weighed afterwards. */
export function planNoteExit(context: SupervisorContext, exit: NotedExit): Plan {
  return sequence(
    context,
    (now) => ({
      children: patchChildren(now, [exit.id], () => ({ state: 'exited' })),
      // What it left running does not wait.
      effects: [{ do: 'stop', id: exit.id }],
    }),
    (now) => planDefer(now, { type: 'child.exited', exit }),
  );
}

/** The delay has run out: those that still wait are queued to be started. */
export const planRestart = (context: SupervisorContext, ids: readonly string[]): Plan =>
  sequence(
    context,
    (now) => ({
      startQueue: [
        ...now.startQueue,
        ...ids.filter((id) => findChild(now, id)?.state === 'waiting' && !now.startQueue.includes(id)),
      ],
      effects: [],
    }),
    planStartNext,
  );

/** Takes a new child at the end of the start order, or says why not. */
export function planAdmit(context: SupervisorContext, spec: ChildSpec, fault: Fault | null): Plan {
  if (fault !== null) {
    return { effects: [report('specRefused', spec.id, `${fault.code}: ${fault.message}`)] };
  }
  return sequence(
    context,
    (now) => ({
      children: [...now.children, newRecord(spec)],
      startQueue: [...now.startQueue, spec.id],
      effects: [],
    }),
    planStartNext,
  );
}

/** Ends one child on demand. */
export function planRetire(context: SupervisorContext, id: string, afterwards: 'forget' | 'keep'): Plan {
  const child = findChild(context, id);
  if (child === undefined) return nothing;
  const marked = { ...context, children: patchChildren(context, [id], () => ({ afterwards })) };
  if (child.state === 'retiring') return { children: marked.children, effects: [] };
  // Others may wait for the same delay.
  const keepsTimer = context.policy.strategy !== 'oneForOne';
  const plan = planEndChild(marked, child);
  const effects = plan.effects.filter((effect) => !(keepsTimer && effect.do === 'cancelRestart'));
  return { children: marked.children, ...plan, effects };
}

/** Starts a kept child that has ended. */
export function planRestartChild(context: SupervisorContext, id: string): Plan {
  const child = findChild(context, id);
  if (child?.state !== 'finished') {
    const found = child === undefined ? 'no such child' : `it ${child.state}`;
    return {
      effects: [report('specRefused', id, `restartChild: found ${found}, expected a child that has ended`)],
    };
  }
  return sequence(
    context,
    (now) => ({
      children: patchChildren(now, [id], () => ({ state: 'waiting' })),
      startQueue: [...now.startQueue, id],
      effects: [],
    }),
    planStartNext,
  );
}

/** A child that was asked to finish has ended, or its time is over. */
export function planRetired(context: SupervisorContext, id: string, trouble: string | null): Plan {
  return sequence(
    context,
    () => ({
      effects: [
        { do: 'cancelDeadline', id },
        { do: 'stop', id },
        ...(trouble === null ? [] : [report('shutdownError', id, `"${id}" ${trouble}`)]),
      ],
    }),
    (now) => planEnded(now, id, trouble !== null),
    (now) => ({ endQueue: now.endQueue.filter((other) => other !== id), effects: [] }),
  );
}

/** What a retiring child's end says of trouble; null when it ended as it should. */
export const troubleOf = (exit: NotedExit): string | null =>
  exit.reason === 'failed' ? `failed while it was to finish: ${exit.message ?? 'no message'}` : null;

/** A child that comes too late. */
export const refuseAtEnd = (spec: ChildSpec): Effect =>
  report('specRefused', spec.id, `ending: found "${spec.id}" to be started by a supervisor that ends`);

/**
 * Ends every child: one at a time, last started first; those of a dynamic supervisor, which do not need each other,
 * all at once, as OTP does.
 */
export const planEndAll = (context: SupervisorContext, atOnce: boolean): Plan =>
  sequence(
    context,
    (now) => ({
      startQueue: [],
      clearing: null,
      deferred: [],
      endQueue: now.children.map((child) => child.id).reverse(),
      children: now.children.map((child): ChildRecord => ({ ...child, afterwards: 'discard' })),
      effects: [
        ...now.children.map((child): Effect => ({ do: 'cancelRestart', id: child.id })),
        ...now.deferred.flatMap((event) =>
          event.type === 'supervisor.startChild' ? [refuseAtEnd(event.spec)] : [],
        ),
      ],
    }),
    atOnce ? planEndAtOnce : planEndNext,
  );

function planEndAtOnce(context: SupervisorContext): Plan {
  const ends = context.children
    .filter((child) => child.state !== 'retiring')
    .map(({ id }) => (now: SupervisorContext): Plan => {
      const child = findChild(now, id);
      return child === undefined ? nothing : planEndChild(now, child);
    })
    .reverse();
  return sequence(context, ...ends, () => ({ endQueue: [], effects: [] }));
}

/** A child that has not been asked yet ended while all are being ended. */
export function planGoneMeanwhile(context: SupervisorContext, exit: NotedExit): Plan {
  return {
    children: withoutChildren(context, [exit.id]),
    endQueue: context.endQueue.filter((id) => id !== exit.id),
    effects: [{ do: 'stop', id: exit.id }, report('childTerminated', exit.id, sentence(exit))],
  };
}
