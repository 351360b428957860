/** Timers of real or simulated time; what XState calls a clock. */
export interface Timers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

/** Real time. */
export const systemTimers: Timers = {
  setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
  clearTimeout: (id) => globalThis.clearTimeout(id as ReturnType<typeof setTimeout>),
};

/** Listeners of one kind of news. A listener that throws is reported and harms no other. */
export interface Bus<T> {
  publish(item: T): void;
  /** Answers its unsubscribe. */
  subscribe(listener: (item: T) => void): () => void;
}

/** A plain typed bus; delivers at once. */
export function createBus<T>(onFault: (error: unknown) => void): Bus<T> {
  const listeners = new Set<(item: T) => void>();
  return {
    publish(item) {
      for (const listener of [...listeners]) {
        try {
          listener(item);
        } catch (error) {
          onFault(error);
        }
      }
    },
    subscribe(listener) {
      // Wrapped, so that a function that is subscribed twice is two listeners.
      const own = (item: T): void => listener(item);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
  };
}

/**
 * A bus for values of which only the newest per key matters: the first is delivered at once, then at most one per key
 * and interval. A slow moment costs old values, never memory.
 */
export function createConflatedBus<T>(options: {
  key(item: T): string;
  /** Shortest time between two deliveries of one key, ms. */
  readonly intervalMs: number;
  readonly clock: Timers;
  onFault(error: unknown): void;
}): Bus<T> {
  const bus = createBus<T>(options.onFault);
  /** Keys delivered within the interval, with what came since; null is nothing. */
  const resting = new Map<string, { newest: T | null }>();

  const deliver = (key: string, item: T): void => {
    resting.set(key, { newest: null });
    options.clock.setTimeout(() => {
      const newest = resting.get(key)?.newest ?? null;
      resting.delete(key);
      if (newest !== null) deliver(key, newest);
    }, options.intervalMs);
    bus.publish(item);
  };
  return {
    subscribe: (listener) => bus.subscribe(listener),
    publish(item) {
      const key = options.key(item);
      const rest = resting.get(key);
      if (rest === undefined) deliver(key, item);
      else rest.newest = item;
    },
  };
}
