import type { ChildSpec, Fault } from './child-spec.ts';
import type { NotedExit, SupervisorContext } from './supervisor.events.ts';
import { findChild, newRecord, patchChildren, withoutChildren } from './supervisor.logic.ts';
import { type Effect, nothing, type Plan, report, sequence } from './supervisor.plan.ts';

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

/** Starts, or ends, of a group in one turn of the event loop: several groups may be at it. */
export const burstSize = 10;

/** After a start, the next one; a dynamic supervisor, which may have many, lets others have a turn now and then. */
export function planGoOn(context: SupervisorContext, isDynamic: boolean): Plan {
  const burst = context.burst + 1;
  if (!isDynamic || context.startQueue.length === 0) return { ...planStartNext(context), burst: 0 };
  if (burst < burstSize) return { ...planStartNext(context), burst };
  return { burst: 0, effects: [{ do: 'goOnLater' }] };
}

/** A child stands. */
export function planStarted(context: SupervisorContext, id: string, at: number): Plan {
  const child = findChild(context, id);
  if (child?.state !== 'starting') return nothing;
  return {
    children: patchChildren(context, [id], () => ({
      state: 'running',
      isOnDemand: false,
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
    ending: { offender: exit.id, reason, cause: 'failedStart' },
    effects: [{ do: 'stop', id: exit.id }, report('startError', exit.id, reason)],
  };
}

/** A child could not be started on demand: one that was to be added is not, a kept one stays ended. */
export function planRefuseStart(context: SupervisorContext, exit: NotedExit): Plan {
  const { id, message, at } = exit;
  const reason = `"${id}" could not be started: ${message ?? 'it ended at once'}`;
  const seen: readonly Effect[] = [{ do: 'stop', id }, report('startError', id, reason)];
  if (findChild(context, id)?.hasStood !== true) {
    return { children: withoutChildren(context, [id]), effects: [...seen, { do: 'tellForgotten', id }] };
  }
  const lastError = { message: message ?? reason, at };
  return {
    children: patchChildren(context, [id], () => ({ state: 'finished', isOnDemand: false, lastError })),
    effects: seen,
  };
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
      children: [...now.children, newRecord(spec, true)],
      startQueue: [...now.startQueue, spec.id],
      effects: [],
    }),
    planStartNext,
  );
}

/** Starts a kept child that has ended. */
export function planRestartChild(context: SupervisorContext, id: string): Plan {
  const child = findChild(context, id);
  if (child?.state !== 'finished') {
    const found = child === undefined ? 'no such child' : `it is ${child.state}`;
    return {
      effects: [report('specRefused', id, `restartChild: found ${found}, expected a child that has ended`)],
    };
  }
  return sequence(
    context,
    (now) => ({
      children: patchChildren(now, [id], () => ({ state: 'waiting', isOnDemand: true })),
      startQueue: [...now.startQueue, id],
      effects: [],
    }),
    planStartNext,
  );
}
