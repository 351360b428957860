import type { InstrumentId } from './instrument.ts';

/**
 * IBKR's market data types 1 to 4; `none` before the first one was announced, `stale` once its subscription has ended
 * or fallen silent.
 */
export const quoteQualities = ['live', 'frozen', 'delayed', 'delayedFrozen', 'stale', 'none'] as const;
export type QuoteQuality = (typeof quoteQualities)[number];

/** The last known prices of an instrument. Null is "not received", never 0. */
export interface Quote {
  readonly instrumentId: InstrumentId;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly last: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly lastSize: number | null;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  /** Close of the previous day. */
  readonly previousClose: number | null;
  readonly volume: number | null;
  readonly quality: QuoteQuality;
  /** Market time of the last trade, epoch ms (IBKR tick type 45). */
  readonly marketTime: number | null;
  /** Wall-clock arrival of the newest value, epoch ms. */
  readonly receivedAt: number;
}

/** Tells whether a quote may carry an order: live and no older than the limit (wall time). */
export function isFresh(quote: Quote, now: number, maxAgeMs: number): boolean {
  return quote.quality === 'live' && now - quote.receivedAt <= maxAgeMs;
}
