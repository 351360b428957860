import { z } from 'zod';
import { instantMs } from './values.ts';

/** A watched instrument with its newest prices; null is "not received". */
export const priceViewSchema = z.object({
  instrumentId: z.string(),
  symbol: z.string(),
  secType: z.string(),
  exchange: z.string(),
  currency: z.string(),
  longName: z.string().nullable(),
  minTick: z.string().nullable(),
  timeframes: z.array(z.string()),
  bid: z.number().nullable(),
  ask: z.number().nullable(),
  last: z.number().nullable(),
  open: z.number().nullable(),
  high: z.number().nullable(),
  low: z.number().nullable(),
  previousClose: z.number().nullable(),
  volume: z.number().nullable(),
  quality: z.enum(['live', 'frozen', 'delayed', 'delayedFrozen', 'stale', 'none']),
  /** Market time of the last trade. */
  marketTime: instantMs.nullable(),
  /** Wall clock of the newest value; null before the first. */
  receivedAt: instantMs.nullable(),
  /** Inside liquid hours at market time; null when hours are unknown (treated as closed). */
  marketOpen: z.boolean().nullable(),
  /** How its live bars compare with IBKR's history, by bar size; one that was not compared yet is missing. */
  barChecks: z.array(
    z.object({
      timeframe: z.string(),
      at: instantMs,
      bars: z.number().int(),
      differing: z.number().int(),
    }),
  ),
  /** State of its feed actor, by the chart's names, and why it is not live. */
  feed: z.object({ state: z.string(), cause: z.string().nullable() }),
});
export type PriceView = z.infer<typeof priceViewSchema>;
