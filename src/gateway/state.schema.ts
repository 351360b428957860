import { Decimal } from 'decimal.js';
import { z } from 'zod';
import { BASE } from './account/ledger.ts';
import { ORDER_STATUSES } from './matching/order.ts';
import { ECHOED } from './messages/place-order.ts';

const decimal = z.string().transform((text, context) => {
  try {
    return new Decimal(text);
  } catch {
    context.addIssue({ code: 'custom', message: `found "${text}", expected a decimal` });
    return z.NEVER;
  }
});
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((v) => v ?? undefined);

const ticketSchema = z.object({
  action: z.string(),
  totalQuantity: maybe(decimal),
  orderType: z.string(),
  lmtPrice: maybe(decimal),
  auxPrice: maybe(decimal),
  tif: z.string(),
  ocaGroup: z.string(),
  account: z.string(),
  openClose: z.string(),
  origin: z.number(),
  orderRef: z.string(),
  transmit: z.boolean(),
  parentId: z.number(),
  outsideRth: z.boolean(),
  hidden: z.boolean(),
  allOrNone: z.boolean(),
  displaySize: z.number(),
  triggerMethod: z.number(),
  goodAfterTime: z.string(),
  goodTillDate: z.string(),
  ocaType: z.number(),
  whatIf: z.boolean(),
  algoStrategy: z.string(),
  conditionCount: z.number(),
  // What came later has a default: a state file outlives the version that wrote it.
  trailStopPrice: maybe(decimal),
  trailingPercent: maybe(decimal),
  lmtPriceOffset: maybe(decimal),
  cashQty: maybe(decimal),
  volatility: z.string().default(''),
  hedgeType: z.string().default(''),
  scaleInitLevelSize: z.string().default(''),
  adjustedOrderType: z.string().default(''),
  echo: z.partialRecord(z.enum(ECHOED), z.string()).default({}),
});

const orderFields = z.object({
  permId: z.number(),
  clientId: z.number(),
  orderId: z.number(),
  conId: z.number(),
  exchange: z.string(),
  ticket: ticketSchema,
  status: z.enum(ORDER_STATUSES),
  filled: decimal,
  avgFillPrice: decimal,
  lastFillPrice: decimal,
  commission: decimal,
  whyHeld: z.string(),
  warning: z.string(),
  parentPermId: z.number().default(0),
  isTriggered: z.boolean().default(true),
  stopPrice: maybe(decimal),
  limitPrice: maybe(decimal),
  queueAhead: maybe(decimal),
  placedAt: z.number(),
  startsAt: maybe(z.number()),
  expiresAt: maybe(z.number()),
  doneAt: maybe(z.number()),
  doneWallAt: maybe(z.number()),
  completedStatus: z.string(),
});

/** Before there were trailing limits an order's limit was its ticket's. */
const orderSchema = orderFields.transform((order) => ({
  ...order,
  limitPrice: order.limitPrice ?? order.ticket.lmtPrice,
}));

const executionSchema = z.object({
  execId: z.string(),
  permId: z.number(),
  clientId: z.number(),
  orderId: z.number(),
  conId: z.number(),
  side: z.enum(['BOT', 'SLD']),
  shares: decimal,
  price: decimal,
  cumQty: decimal,
  avgPrice: decimal,
  orderRef: z.string(),
  exchange: z.string(),
  commission: decimal,
  realizedPnl: maybe(decimal),
  at: z.number(),
  wallAt: z.number(),
});

const ledgerSchema = z.object({
  // Up to here there was one currency; the account gives it its name.
  cash: z.union([decimal.transform((amount) => ({ [BASE]: amount })), z.record(z.string(), decimal)]),
  month: z
    .object({ name: z.string(), shares: decimal })
    .default(() => ({ name: '', shares: new Decimal(0) })),
  holdings: z.record(
    z.string(),
    z.object({ quantity: decimal, avgCost: decimal, realizedToday: decimal, unrealizedAtDayStart: decimal }),
  ),
  day: z.string(),
  netLiquidationAtDayStart: decimal,
});

const snapshotSchema = z.object({
  k: z.literal('snapshot'),
  version: z.literal(1),
  account: z.string(),
  clock: z.number().optional(),
  permIdBase: z.number(),
  execIdBase: z.number(),
  orderCount: z.number(),
  executionCount: z.number(),
  nextOrderIds: z.record(z.string(), z.number()),
  orders: z.array(orderSchema),
  executions: z.array(executionSchema),
  ledger: ledgerSchema.optional(),
});

const changeSchema = z.discriminatedUnion('k', [
  z.object({ k: z.literal('clock'), at: z.number() }),
  z.object({ k: z.literal('order'), order: orderSchema }),
  z.object({ k: z.literal('fill'), order: orderSchema, execution: executionSchema, ledger: ledgerSchema }),
  z.object({ k: z.literal('ledger'), ledger: ledgerSchema }),
]);

/** One line of a state file: a snapshot first, then what has changed since, singly or together. */
export const stateRecordSchema = z.discriminatedUnion('k', [
  snapshotSchema,
  ...changeSchema.options,
  z.object({ k: z.literal('batch'), records: z.array(changeSchema) }),
]);

export type StoredRecord = z.output<typeof stateRecordSchema>;
