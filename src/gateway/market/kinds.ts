import { normal } from './random.ts';

/** What a synthetic market can be like. */
export const MARKET_KINDS = [
  ...(['randomWalk', 'trending', 'meanReverting', 'jumpy', 'gapping', 'halted'] as const),
] as const;
export type MarketKind = (typeof MARKET_KINDS)[number];

export interface KindParameters {
  readonly kind: MarketKind;
  readonly momentum: number;
  readonly halfLifeDays: number;
  readonly jumpsPerYear: number;
  readonly jumpSize: number;
  readonly gapFactor: number;
  readonly haltsPerDay: number;
}

/** Where a bar is drawn. */
export interface Step {
  /** Log of the price over its start. */
  readonly distance: number;
  /** Log return of the bar before. */
  readonly before: number;
  readonly slotsPerDay: number;
  readonly isFirstOfDay: boolean;
  /** Standard deviation of a bar's log return. */
  readonly sigma: number;
}

/**
 * What a kind adds to the log return of a bar. A random walk adds nothing and draws nothing, so it is the same as
 * before there were kinds.
 */
export function extraReturn(of: KindParameters, step: Step, random: () => number): number {
  if (of.kind === 'trending') return of.momentum * step.before;
  if (of.kind === 'meanReverting')
    return -step.distance * (1 - 2 ** (-1 / (of.halfLifeDays * step.slotsPerDay)));
  if (of.kind !== 'jumpy') return 0;
  // Merton (1976): jumps arrive by chance, their sizes are normal.
  const arrives = random() < of.jumpsPerYear / (252 * step.slotsPerDay);
  return arrives ? normal(random) * of.jumpSize : 0;
}

/** What a kind adds between the close of a day and the next open, as a log return. */
export function nightReturn(of: KindParameters, step: Step, random: () => number): number {
  if (of.kind !== 'gapping' || !step.isFirstOfDay) return 0;
  return normal(random) * step.sigma * Math.sqrt(step.slotsPerDay) * of.gapFactor;
}
