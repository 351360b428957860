/** One question for historical bars, as far as IBKR's limits look at it. */
export interface HistoryQuestion {
  /** What the limits call the same contract, exchange and tick type. */
  readonly contract: string;
  /** Equal for questions that are the same in everything. */
  readonly identity: string;
  /** Bars of 30 seconds or less: only they are limited by number. */
  readonly isSmall: boolean;
}

export interface HistoryQueue {
  /** Runs the work once the limits let it; answers what is called when the question is over, or given up. */
  run(question: HistoryQuestion, work: () => void): () => void;
  /** How many are on their way. */
  underWay(): number;
  /** How many wait. */
  waiting(): number;
}

interface Waiting {
  readonly question: HistoryQuestion;
  readonly work: () => void;
}

/** IBKR allows 50 at once, and slows down long before; Lean keeps to 20. */
export const MOST_AT_ONCE = 20;
const TEN_MINUTES_MS = 600_000;
/** IBKR's 60, less two for clocks that run apart. */
const MOST_IN_TEN_MINUTES = 58;
const SAME_PAUSE_MS = 15_000;
const CONTRACT_WINDOW_MS = 2_000;
/** Six within two seconds are too many. */
const MOST_OF_A_CONTRACT = 5;

/**
 * Keeps questions for history within IBKR's limits, over all connections of the process: what waits goes in order, and
 * one that must wait for its own kind holds up nobody else.
 * @see https://interactivebrokers.github.io/tws-api/historical_limitations.html
 */
export function createHistoryQueue(): HistoryQueue {
  const waiting: Waiting[] = [];
  let asked: { readonly at: number; readonly question: HistoryQuestion }[] = [];
  let inFlight = 0;
  let timer: NodeJS.Timeout | null = null;

  /** Until the limits on small bars let a question go, ms; 0: now. */
  const pauseFor = ({ contract, identity, isSmall }: HistoryQuestion, now: number): number => {
    if (!isSmall) return 0;
    const all = asked.filter(({ at }) => at > now - TEN_MINUTES_MS);
    const ofContract = all.filter(
      ({ at, question }) => at > now - CONTRACT_WINDOW_MS && question.contract === contract,
    );
    const same = all.filter(({ at, question }) => at > now - SAME_PAUSE_MS && question.identity === identity);
    const until = [
      (same.at(-1)?.at ?? Number.NEGATIVE_INFINITY) + SAME_PAUSE_MS,
      (ofContract.at(-MOST_OF_A_CONTRACT)?.at ?? Number.NEGATIVE_INFINITY) + CONTRACT_WINDOW_MS,
      (all.at(-MOST_IN_TEN_MINUTES)?.at ?? Number.NEGATIVE_INFINITY) + TEN_MINUTES_MS,
    ];
    return Math.max(0, ...until.map((at) => at - now));
  };

  const drain = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const now = performance.now();
    asked = asked.filter(({ at }) => at > now - TEN_MINUTES_MS);
    let soonest = Number.POSITIVE_INFINITY;
    for (let at = 0; at < waiting.length && inFlight < MOST_AT_ONCE; ) {
      const next = waiting[at];
      if (next === undefined) break;
      const pause = pauseFor(next.question, now);
      if (pause > 0) {
        soonest = Math.min(soonest, pause);
        at += 1;
        continue;
      }
      waiting.splice(at, 1);
      inFlight += 1;
      if (next.question.isSmall) asked.push({ at: now, question: next.question });
      next.work();
    }
    // A place in flight that becomes free drains by itself.
    if (Number.isFinite(soonest) && inFlight < MOST_AT_ONCE)
      timer = setTimeout(drain, Math.ceil(soonest) + 1);
  };

  return {
    run(question, work) {
      let state: 'waiting' | 'inFlight' | 'over' = 'waiting';
      const entry: Waiting = {
        question,
        work: () => {
          state = 'inFlight';
          work();
        },
      };
      waiting.push(entry);
      drain();
      return () => {
        const before = state;
        state = 'over';
        if (before === 'waiting') waiting.splice(waiting.indexOf(entry), 1);
        if (before !== 'inFlight') return;
        inFlight -= 1;
        drain();
      };
    },
    underWay: () => inFlight,
    waiting: () => waiting.length,
  };
}
