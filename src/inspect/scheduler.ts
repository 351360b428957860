import { presentCause, runAs } from './attribution.ts';
import type { ActorRecord } from './turn.ts';
import { recordOf } from './turn.ts';
import type { ActorInternals, SystemInternals } from './xstate-internals.ts';

type Deliver = (
  source: ActorInternals | undefined,
  target: ActorInternals,
  event: { type: string },
  cause: number | null,
) => void;

let lastId = 0;

/**
 * Replaces a system's scheduler: delayed events are kept by actor, so that ending one actor does not walk through the
 * timers of all (XState 5.33 does, which makes ending n actors cost n²), and each remembers the turn that set it.
 */
export function replaceScheduler(system: SystemInternals, deliver: Deliver): void {
  const { scheduler } = system;
  const owner = (actor: ActorInternals): ActorRecord | undefined => recordOf(actor);

  scheduler.schedule = (source, target, event, delayMs, id) => {
    const record = owner(source);
    if (record === undefined) throw new Error(`actor "${source.id}": expected a probed actor to set a timer`);
    lastId += 1;
    const key = id ?? `tradewarden:${lastId}`;
    const cause = presentCause();
    record.timers ??= new Map();
    const { timers } = record;
    const timer = runAs(record, () =>
      system._clock.setTimeout(() => {
        // The same id may have been set again meanwhile; XState forgets that one too.
        if (timers.get(key) === timer) timers.delete(key);
        deliver(source, target, event, cause);
      }, delayMs),
    );
    timers.set(key, timer);
  };

  scheduler.cancel = (source, id) => {
    const timers = owner(source)?.timers ?? null;
    const timer = timers?.get(id);
    if (timers === null || timer === undefined) return;
    timers.delete(id);
    system._clock.clearTimeout(timer);
  };

  scheduler.cancelAll = (actor) => {
    const record = owner(actor);
    if (record === undefined || record.timers === null) return;
    for (const timer of record.timers.values()) system._clock.clearTimeout(timer);
    record.timers = null;
  };
}
