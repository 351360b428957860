import type { ChildSpec } from './child-spec.ts';
import {
  type Afterwards,
  type ChildRecord,
  commandedId,
  type NotedExit,
  type SupervisorCommand,
  type SupervisorContext,
  type SupervisorEvent,
} from './supervisor.events.ts';
import { findChild, patchChildren, withoutChildren } from './supervisor.logic.ts';
import { type Effect, nothing, type Plan, raise, report, sentence, sequence } from './supervisor.plan.ts';

/** Ends one child on demand. */
export function planRetire(context: SupervisorContext, id: string, wish: 'forget' | 'keep'): Plan {
  const child = findChild(context, id);
  if (child === undefined) return nothing;
  const afterwards: Afterwards = child.restart === 'temporary' ? 'forget' : wish;
  const marked = { ...context, children: patchChildren(context, [id], () => ({ afterwards })) };
  // Others may wait for the same delay.
  const keepsTimer = context.policy.strategy !== 'oneForOne';
  const plan = planEndChild(marked, child);
  const effects = plan.effects.filter((effect) => !(keepsTimer && effect.do === 'cancelRestart'));
  return { children: marked.children, ...plan, effects };
}

/** A command that concerns a child that is being ended waits until it has. */
export const planAwaitEnd = (context: SupervisorContext, command: SupervisorCommand): Plan => ({
  children: patchChildren(context, [commandedId(command)], ({ meanwhile }) => ({
    meanwhile: [...meanwhile, command],
  })),
  effects: [],
});

/** A child that was asked to finish has ended, or its time is over. */
export function planRetired(context: SupervisorContext, id: string, trouble: ChildRecord['lastError']): Plan {
  return sequence(
    context,
    () => ({
      effects: [
        { do: 'cancelDeadline', id },
        { do: 'stop', id },
        ...(trouble === null ? [] : [report('shutdownError', id, `"${id}" ${trouble.message}`)]),
      ],
      ...(trouble === null ? {} : { children: patchChildren(context, [id], () => ({ lastError: trouble })) }),
    }),
    (now) => planEnded(now, id, trouble !== null),
    (now) => ({ endQueue: now.endQueue.filter((other) => other !== id), effects: [] }),
  );
}

/** What a retiring child's end says of trouble; null when it ended as it should. */
export const troubleOf = (exit: NotedExit): ChildRecord['lastError'] =>
  exit.reason === 'failed'
    ? { message: `failed while it was to finish: ${exit.message ?? 'no message'}`, at: exit.at }
    : null;

/**
 * A child that was to be ended ended before it was asked. As in OTP a failure is reported, and so is any end of a
 * permanent child other than in order.
 */
export function planTrouble(context: SupervisorContext, exit: NotedExit): Plan {
  const { id, reason, message, at } = exit;
  const isTrouble =
    reason === 'failed' || (reason === 'normal' && findChild(context, id)?.restart === 'permanent');
  if (!isTrouble) return { effects: [report('childFinished', id, sentence(exit))] };
  return {
    children: patchChildren(context, [id], ({ lastError }) => ({
      lastError: message === null ? lastError : { message, at },
    })),
    effects: [report('shutdownError', id, sentence(exit))],
  };
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
  if (child.afterwards === 'discard') {
    return { children: withoutChildren(context, [id]), effects: child.meanwhile.flatMap(refusalOf) };
  }
  const effects = child.meanwhile.map(raise);
  if (child.afterwards === 'forget') {
    return {
      children: withoutChildren(context, [id]),
      effects: [
        ...(isReported ? [] : [report('childStopped', id, `"${id}" was stopped`)]),
        { do: 'tellForgotten', id },
        ...effects,
      ],
    };
  }
  const state = child.afterwards === 'restart' ? 'waiting' : 'finished';
  return {
    children: patchChildren(context, [id], () => ({
      state,
      startedAt: null,
      meanwhile: [],
      isOnDemand: false,
    })),
    effects,
  };
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
        const isForgotten = child.state === 'retiring' && child.afterwards === 'forget';
        return ids.includes(child.id) && !isForgotten ? 'restart' : 'forget';
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
        ...deferred.map(raise),
      ],
    };
  });

/**
 * Ends every child, last started first: one at a time; those of a dynamic supervisor, which do not need each other,
 * without waiting for one to end before the next is asked.
 * @param atOnce how many of a dynamic supervisor are asked in one turn of the event loop; null for a static one.
 */
export const planEndAll = (context: SupervisorContext, atOnce: number | null): Plan =>
  sequence(
    context,
    (now) => ({
      startQueue: [],
      clearing: null,
      deferred: [],
      endQueue: now.children.map((child) => child.id).reverse(),
      children: now.children.map((child): ChildRecord => ({ ...child, afterwards: 'discard' })),
      effects: now.children.map((child): Effect => ({ do: 'cancelRestart', id: child.id })),
    }),
    ...context.deferred.map((event) => (now: SupervisorContext): Plan => {
      return event.type === 'child.exited' ? planTrouble(now, event.exit) : { effects: refusalOf(event) };
    }),
    atOnce === null ? planEndNext : (now) => planEndSome(now, atOnce),
  );

/** Goes on ending children of a dynamic supervisor, so many; the others have their turn later. */
export function planEndSome(context: SupervisorContext, atOnce: number): Plan {
  const queue = context.endQueue.filter((id) => {
    const child = findChild(context, id);
    return child !== undefined && child.state !== 'retiring';
  });
  const ends = queue.slice(0, atOnce).map((id) => (now: SupervisorContext): Plan => {
    const child = findChild(now, id);
    return child === undefined ? nothing : planEndChild(now, child);
  });
  const endQueue = queue.slice(atOnce);
  return sequence(context, ...ends, () => ({
    endQueue,
    effects: endQueue.length === 0 ? [] : [{ do: 'goOnLater' }],
  }));
}

/** A child that has not been asked yet ended while all are being ended. */
export function planGoneMeanwhile(context: SupervisorContext, exit: NotedExit): Plan {
  return sequence(
    context,
    (now) => planTrouble(now, exit),
    (now) => ({
      children: withoutChildren(now, [exit.id]),
      endQueue: now.endQueue.filter((id) => id !== exit.id),
      effects: [{ do: 'stop', id: exit.id }],
    }),
  );
}

/** A child that comes too late. */
export const refuseAtEnd = (spec: ChildSpec): Effect =>
  report('specRefused', spec.id, `ending: found "${spec.id}" to be started by a supervisor that ends`);

/** Says of what waited to be heeded that it comes too late. */
const refusalOf = (event: SupervisorEvent): readonly Effect[] =>
  event.type === 'supervisor.startChild' ? [refuseAtEnd(event.spec)] : [];
