/** A clock for tests: an event queue in virtual time. Give it to `createActor(logic, { clock })`. */
export interface QueueClock {
  setTimeout(fn: (...args: unknown[]) => void, delayMs: number): number;
  clearTimeout(id: number): void;
  /** Virtual epoch ms. */
  now(): number;
  /** Lets time pass; runs what falls due in order of its time, timers set meanwhile included. */
  advance(ms: number): void;
  /** As `advance`, and lets the promises that each timer settled run before the next timer. */
  advanceSettled(ms: number): Promise<void>;
  /** Timers that are set. */
  readonly pending: number;
}

/** Lets everything run that is ready to: promises and immediates. No virtual time passes. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Makes a clock that stands still until it is advanced.
 * XState's `SimulatedClock.increment` runs a timer that was set by another timer as if it had been set at the
 * end of the increment; here it falls due relative to the moment at which it was set.
 * @param startAt virtual epoch ms to begin with.
 */
export function createQueueClock(startAt = 0): QueueClock {
  const timers = new Map<number, { readonly due: number; readonly fn: () => void }>();
  let now = startAt;
  let lastId = 0;

  /** Runs the earliest timer due until `end`; false when there is none. */
  const runNext = (end: number): boolean => {
    let next: [number, { readonly due: number; readonly fn: () => void }] | undefined;
    // Ids ascend in insertion order, so the first of the earliest is the one set first.
    for (const entry of timers) {
      if (entry[1].due <= end && (next === undefined || entry[1].due < next[1].due)) next = entry;
    }
    if (next === undefined) return false;
    timers.delete(next[0]);
    now = next[1].due;
    next[1].fn();
    return true;
  };

  return {
    setTimeout(fn, delayMs) {
      lastId += 1;
      timers.set(lastId, { due: now + Math.max(0, delayMs), fn });
      return lastId;
    },
    clearTimeout(id) {
      timers.delete(id);
    },
    now: () => now,
    advance(ms) {
      const end = now + ms;
      while (runNext(end));
      now = end;
    },
    async advanceSettled(ms) {
      const end = now + ms;
      await settle();
      while (runNext(end)) await settle();
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
