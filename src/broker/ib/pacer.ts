import type { MessageBudget } from './message-budget.ts';

/** Lets work through while the budget has more than is kept for orders. */
export interface Pacer {
  run(work: () => void): void;
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
  let timer: NodeJS.Timeout | null = null;

  const drain = (): void => {
    timer = null;
    while (budget.left() > reserve) {
      const work = waiting.shift();
      if (work === undefined) return;
      work();
    }
    // Work may have asked for more.
    if (waiting.length > 0 && timer === null) timer = setTimeout(drain, Math.max(1, budget.nextInMs()));
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
    waiting: () => waiting.length,
  };
}
