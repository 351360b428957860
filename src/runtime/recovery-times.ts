import type { RecoveryView } from '../contract/supervision.schema.ts';

export interface RecoverySummary {
  readonly what: RecoveryView['what'];
  readonly count: number;
  /** Null while there was none. */
  readonly meanMs: number | null;
  readonly medianMs: number | null;
  readonly worstMs: number | null;
  /** Newest first, at most 20. */
  readonly recent: RecoveryView[];
}

const RECENT = 20;
/** Figures are over the newest so many. */
const KEPT = 1_000;

interface Loss {
  readonly at: number;
  readonly cause: string;
}

/** Mean, median and worst of what there is; null for nothing, never 0. */
export function summarise(what: RecoveryView['what'], recoveries: readonly RecoveryView[]): RecoverySummary {
  const own = recoveries.filter((recovery) => recovery.what === what);
  const times = own.map(({ ms }) => ms).sort((a, b) => a - b);
  const upper = times[Math.floor(times.length / 2)];
  const lower = times[Math.floor((times.length - 1) / 2)];
  return {
    what,
    count: times.length,
    meanMs: times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length,
    medianMs: upper === undefined || lower === undefined ? null : (upper + lower) / 2,
    worstMs: times.at(-1) ?? null,
    recent: own.slice(-RECENT).reverse(),
  };
}

/**
 * Measures how long things take to stand again: a session from its crash to `syncing`, the broker from the loss of
 * the gateway to `ready`. A loss on top of a loss changes nothing: the first one counts.
 */
export class RecoveryTimes {
  readonly #losses = new Map<string, Loss>();
  readonly #recoveries: RecoveryView[];
  readonly #now: () => number;
  readonly #onRecovered: (recovery: RecoveryView) => void;

  /** @param earlier those of earlier runs, oldest first */
  constructor(options: {
    readonly now: () => number;
    readonly earlier: readonly RecoveryView[];
    readonly onRecovered: (recovery: RecoveryView) => void;
  }) {
    this.#now = options.now;
    this.#recoveries = options.earlier.slice(-KEPT);
    this.#onRecovered = options.onRecovered;
  }

  lost(what: RecoveryView['what'], id: string, cause: string): void {
    const key = `${what} ${id}`;
    if (!this.#losses.has(key)) this.#losses.set(key, { at: this.#now(), cause });
  }

  stands(what: RecoveryView['what'], id: string): void {
    const key = `${what} ${id}`;
    const loss = this.#losses.get(key);
    if (loss === undefined) return;
    this.#losses.delete(key);
    const at = this.#now();
    const recovery: RecoveryView = { what, id, cause: loss.cause, ms: at - loss.at, at };
    this.#recoveries.push(recovery);
    if (this.#recoveries.length > KEPT) this.#recoveries.shift();
    this.#onRecovered(recovery);
  }

  /** It is no longer wanted: nothing is waited for. */
  forget(what: RecoveryView['what'], id: string): void {
    this.#losses.delete(`${what} ${id}`);
  }

  summaries(): RecoverySummary[] {
    return [summarise('session', this.#recoveries), summarise('broker', this.#recoveries)];
  }
}
