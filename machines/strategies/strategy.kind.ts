import type { z } from 'zod';
import type { Bar } from '../domain/bar.ts';
import type { Signal } from '../domain/decision.ts';

/** What a strategy says after one closed bar. Plain reading; `reason` is put into words only when it is read. */
export interface StrategyOutput {
  readonly signal: Signal;
  /** One sentence with the figures compared. */
  readonly reason: string;
  /** The indicators by name, for charts and the journal; null while one has too few bars. */
  readonly values: Readonly<Record<string, number | null>>;
  /** How far away a protective stop would be, in price units, for sizing by risk; null when there is none. */
  readonly stopDistance: number | null;
  /** False until `warmup` bars were seen; the signal is `hold` until then. */
  readonly stable: boolean;
}

/**
 * One strategy over one series: a deterministic fold over closed bars in ascending order.
 * Bars are kept by reference: a caller may not change one later.
 */
export interface StrategyRun {
  update(bar: Bar): StrategyOutput;
}

/** A kind of strategy, of which named rows with parameters are stored. P is what its schema parses to. */
export interface StrategyKind<P = Readonly<Record<string, unknown>>> {
  /** Key in the registry and in stored definitions. */
  readonly kind: string;
  readonly title: string;
  readonly description: string;
  /** Strict; every field has a default and a description, from which forms and JSON Schemas are made. */
  readonly parameters: z.ZodType<P>;
  /** Closed bars needed before the first signal; every indicator has settled by then. */
  warmup(parameters: P): number;
  start(parameters: P): StrategyRun;
}

/** The output of one bar; keeps the words for whoever reads them, as a backtest reads almost none. */
export class BarOutput implements StrategyOutput {
  readonly signal: Signal;
  readonly values: Readonly<Record<string, number | null>>;
  readonly stopDistance: number | null;
  readonly stable: boolean;
  readonly #explain: () => string;

  constructor(
    signal: Signal,
    values: Readonly<Record<string, number | null>>,
    stopDistance: number | null,
    stable: boolean,
    explain: () => string,
  ) {
    this.signal = signal;
    this.values = values;
    this.stopDistance = stopDistance;
    this.stable = stable;
    this.#explain = explain;
  }

  get reason(): string {
    return this.#explain();
  }
}

/** The output while indicators have too few bars. */
export const warmingUp = (
  values: Readonly<Record<string, number | null>>,
  seen: number,
  needed: number,
): StrategyOutput =>
  new BarOutput('hold', values, null, false, () => `Warming up: ${seen} of ${needed} bars.`);

/** Writes a figure for a sentence: six significant digits, no trailing zeros. */
export const figure = (value: number): string => String(Number(value.toPrecision(6)));

/** Keeps a vote within [-1, 1]. */
export const clamp = (value: number, low = -1, high = 1): number => Math.min(high, Math.max(low, value));
