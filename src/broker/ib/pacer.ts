import type { MessageBudget } from './message-budget.ts';

/** Lets work through while the budget has more than is kept for orders. */
export interface Pacer {
  run(work: () => void): void;
  /** Passes what waits by, and takes of what is kept back. */
  runFirst(work: () => void): void;
  /** Forgets what waits. */
  clear(): void;
  /** How much waits now. */
  waiting(): number;
}

/**
 * Requests leave at once while more than `reserve` messages of the second are left, and wait in order otherwise:
 * the rest is for orders and cancels. What waits is forgotten by `clear` and never moves to another connection.
 */
export function createPacer(
  budget: Pick<MessageBudget, 'left' | 'nextInMs'>,
  { reserve }: { readonly reserve: number },
): Pacer {
  const waiting: (() => void)[] = [];
  const first: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;

  const drain = (): void => {
    timer = null;
    for (;;) {
      const left = budget.left();
      const work =
        left > 0 && first.length > 0 ? first.shift() : left > reserve ? waiting.shift() : undefined;
      if (work === undefined) break;
      work();
    }
    // Work may have asked for more.
    if (first.length + waiting.length > 0 && timer === null)
      timer = setTimeout(drain, Math.max(1, budget.nextInMs()));
  };

  return {
    run(work) {
      waiting.push(work);
      if (timer === null) drain();
    },
    runFirst(work) {
      first.push(work);
      if (timer !== null) clearTimeout(timer);
      drain();
    },
    clear() {
      waiting.length = 0;
      first.length = 0;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
    waiting: () => first.length + waiting.length,
  };
}
