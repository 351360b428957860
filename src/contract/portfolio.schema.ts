import { z } from 'zod';
import { OrderType, TimeInForce } from '../../machines/domain/order.ts';
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

/** Profit and loss of a session, an instrument, an account or a currency; null is "not known", and `missing` says why. */
export const pnlViewSchema = z.object({
  /** Unique. */
  key: z.string(),
  scope: z.enum(['session', 'instrument', 'account', 'currency', 'base']),
  /** The session's id, the instrument, the currency, or the account. */
  id: z.string(),
  account: z.string(),
  instrumentId: z.string().nullable(),
  currency: z.string().nullable(),
  daily: z.string().nullable(),
  realized: z.string().nullable(),
  unrealized: z.string().nullable(),
  /** Paid, in the currency of the row; not taken off the other figures of a session. */
  commission: z.string().nullable(),
  /** Realised since the beginning of the broker's day, or ever. */
  period: z.enum(['day', 'all']),
  /** ibkr: as told; fills: from our own executions by average cost; converted: all currencies by IBKR's rates. */
  source: z.enum(['ibkr', 'fills', 'converted']),
  at: instantMs.nullable(),
  missing: z.string().nullable(),
});
export type PnlView = z.infer<typeof pnlViewSchema>;

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
  stopPrice: z.string().nullable(),
  trailAmount: z.string().nullable(),
  trailPercent: z.string().nullable(),
  limitOffset: z.string().nullable(),
  timeInForce: z.string().nullable(),
  /** The entry that it protects; null when it is not part of a bracket, or is its entry. */
  parentRef: z.string().nullable(),
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

const positiveDecimal = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'expected a positive decimal number')
  .refine((text) => Number(text) > 0, 'expected more than 0');
const price = positiveDecimal.nullable().default(null);

/** A manual order from the dashboard. Which prices belong to which type: docs/orders.md. */
export const orderDraftSchema = z.strictObject({
  instrumentId: z.string().min(1),
  side: z.enum(['BUY', 'SELL']),
  quantity: positiveDecimal,
  orderType: z.enum(OrderType),
  limitPrice: price,
  /** Where a stop or if-touched order wakes up; where the stop of a trailing one begins. */
  stopPrice: price,
  trailAmount: price,
  /** 1 is one percent. */
  trailPercent: price,
  limitOffset: price,
  timeInForce: z.enum(TimeInForce).default('DAY'),
  /** Sent with the order as a bracket, good till cancelled: a limit order that takes the profit. */
  takeProfit: price,
  /** The same: a stop order that ends the loss. */
  stopLoss: price,
});
export type OrderDraft = z.infer<typeof orderDraftSchema>;

const changed = positiveDecimal.optional();

/** New terms of an order that works; what is left out stays as it is. */
export const orderChangeSchema = z
  .strictObject({
    quantity: changed,
    limitPrice: changed,
    stopPrice: changed,
    trailAmount: changed,
    trailPercent: changed,
    limitOffset: changed,
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'expected at least one term',
  );
export type OrderChange = z.infer<typeof orderChangeSchema>;

export const orderResultSchema = z.object({
  ref: z.string().nullable(),
  outcome: z.enum(['accepted', 'rejected', 'unknown', 'notSent']),
  message: z.string().nullable(),
});
export type OrderResult = z.infer<typeof orderResultSchema>;
