/** Lets work through at a steady rate, at once while the rate allows. */
export interface Pacer {
  run(work: () => void): void;
  /** Forgets what waits. */
  clear(): void;
}

/**
 * A token bucket of one second: a burst of `perSecond` passes at once, then one every `1000 / perSecond` ms.
 * What waits is forgotten by `clear` and never moves to another connection.
 */
export function createPacer({ perSecond }: { readonly perSecond: number }): Pacer {
  const waiting: (() => void)[] = [];
  let tokens = perSecond;
  let refilledAt = performance.now();
  let timer: NodeJS.Timeout | null = null;

  const drain = (): void => {
    timer = null;
    const now = performance.now();
    tokens = Math.min(perSecond, tokens + ((now - refilledAt) / 1_000) * perSecond);
    refilledAt = now;
    while (tokens >= 1) {
      const work = waiting.shift();
      if (work === undefined) return;
      tokens -= 1;
      work();
    }
    if (waiting.length > 0 && timer === null) timer = setTimeout(drain, Math.ceil(1_000 / perSecond));
  };

  return {
    run(work) {
      waiting.push(work);
      if (timer === null) drain();
    },
    clear() {
      waiting.length = 0;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
