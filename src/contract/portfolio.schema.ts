import { z } from 'zod';
import { instantMs } from './values.ts';

/** Every figure is IBKR's, with the time at which IBKR gave it; null is "not told". */
export const positionViewSchema = z.object({
  account: z.string(),
  instrumentId: z.string(),
  symbol: z.string(),
  currency: z.string().nullable(),
  quantity: z.string(),
  averageCost: z.string().nullable(),
  marketPrice: z.string().nullable(),
  marketValue: z.string().nullable(),
  unrealizedPnl: z.string().nullable(),
  realizedPnl: z.string().nullable(),
  /** When the broker said so. */
  at: instantMs,
});
export type PositionView = z.infer<typeof positionViewSchema>;

export const accountViewSchema = z.object({
  account: z.string(),
  values: z.record(
    z.string(),
    z.object({ value: z.string().nullable(), currency: z.string().nullable(), at: instantMs }),
  ),
  pnl: z
    .object({
      daily: z.string().nullable(),
      unrealized: z.string().nullable(),
      realized: z.string().nullable(),
      at: instantMs,
    })
    .nullable(),
});
export type AccountView = z.infer<typeof accountViewSchema>;

/** One order with its fills, whoever placed it. */
export const tradeViewSchema = z.object({
  /** Stable key: our ref, or `perm:<permId>`. */
  key: z.string(),
  source: z.enum(['autotrader', 'manual', 'ibkr']),
  sessionId: z.string().nullable(),
  instrumentId: z.string(),
  symbol: z.string(),
  side: z.enum(['BUY', 'SELL']),
  quantity: z.string().nullable(),
  filled: z.string(),
  averagePrice: z.string().nullable(),
  orderType: z.string().nullable(),
  limitPrice: z.string().nullable(),
  /** intended, sent, unknown, working, cancelling, filled, cancelled, rejected, absent; null for fills of an order never seen. */
  state: z.string().nullable(),
  commission: z.string().nullable(),
  commissionCurrency: z.string().nullable(),
  realizedPnl: z.string().nullable(),
  ref: z.string().nullable(),
  permIds: z.array(z.number()),
  executions: z.number().int(),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  /** Last fill (market time), else creation (wall clock). */
  time: instantMs,
  /** When it became known here, wall clock: the order of the history, and what `before` compares with. */
  at: instantMs,
});
export type TradeView = z.infer<typeof tradeViewSchema>;

/** A manual order from the dashboard. */
export const orderDraftSchema = z.strictObject({
  instrumentId: z.string().min(1),
  side: z.enum(['BUY', 'SELL']),
  quantity: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'expected a positive decimal number')
    .refine((q) => Number(q) > 0, 'expected more than 0'),
  orderType: z.enum(['MKT', 'LMT']),
  limitPrice: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'expected a positive decimal number')
    .nullable()
    .default(null),
  timeInForce: z.enum(['DAY', 'GTC']).default('DAY'),
});
export type OrderDraft = z.infer<typeof orderDraftSchema>;

export const orderResultSchema = z.object({
  ref: z.string().nullable(),
  outcome: z.enum(['accepted', 'rejected', 'unknown', 'notSent']),
  message: z.string().nullable(),
});
export type OrderResult = z.infer<typeof orderResultSchema>;
