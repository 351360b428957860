/** One OHLCV bar. Doubles: bars feed indicators; money is computed in decimals elsewhere. */
export interface Bar {
  /**
   * Start of the bar in epoch milliseconds UTC.
   * Bars of a day or longer carry their trade date at 00:00 UTC, whatever the exchange's zone.
   */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Bar sizes that IBKR serves, by our short name, with their length in milliseconds (a month counts 30 days). */
export const timeframeMs = {
  '5s': 5_000,
  '10s': 10_000,
  '15s': 15_000,
  '30s': 30_000,
  '1m': MINUTE,
  '2m': 2 * MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '10m': 10 * MINUTE,
  '15m': 15 * MINUTE,
  '20m': 20 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': HOUR,
  '2h': 2 * HOUR,
  '3h': 3 * HOUR,
  '4h': 4 * HOUR,
  '8h': 8 * HOUR,
  '1d': DAY,
  '1w': 7 * DAY,
  '1M': 30 * DAY,
} as const;
export type Timeframe = keyof typeof timeframeMs;
export const timeframes = Object.keys(timeframeMs) as readonly Timeframe[];

/** Tells whether bars of this size are stamped by trade date instead of by instant. */
export const isDaily = (timeframe: Timeframe): boolean => timeframeMs[timeframe] >= DAY;

/**
 * Merges bars into an ascending series without duplicates; where both have a time, `newer` wins.
 * Both inputs may be empty and unsorted.
 */
export function mergeBars(older: readonly Bar[], newer: readonly Bar[]): Bar[] {
  const byTime = new Map<number, Bar>();
  for (const bar of older) byTime.set(bar.time, bar);
  for (const bar of newer) byTime.set(bar.time, bar);
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}
