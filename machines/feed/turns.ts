/** Lets pieces of work run one after another, each in a turn of the event loop of its own. */
export interface Turns {
  /** Runs at once when nobody waits, and else when those before have had their turns. Never throws. */
  run(work: () => void): void;
  /** The same for who goes on after an `await`. */
  next(): Promise<void>;
}

/**
 * Two hundred sessions that hear of one bar would each take their first step before any takes its second, and the first
 * of them would order when the last has decided. One by one, each goes through with what it can do at once before the
 * next begins, and what came from outside meanwhile is heard in between.
 */
export function createTurns(onFault: (error: unknown) => void): Turns {
  const waiting: (() => void)[] = [];
  let busy = false;

  const take = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      onFault(error);
    }
  };
  const go = (): void => {
    const work = waiting.shift();
    if (work === undefined) {
      busy = false;
      return;
    }
    setImmediate(go);
    take(work);
  };
  const run = (work: () => void): void => {
    if (busy) {
      waiting.push(work);
      return;
    }
    busy = true;
    setImmediate(go);
    take(work);
  };
  return { run, next: () => new Promise((done) => run(done)) };
}
