import { z } from 'zod';
import { deciderThreads, differencePolicies } from '../../machines/domain/session.ts';
import { decimalText, instantMs, instrumentKeySchema, slug, timeframeSchema } from './values.ts';

export const sizingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), quantity: decimalText.describe('Units for each entry') }),
  z.strictObject({
    kind: z.literal('percent'),
    percent: z.number().gt(0).max(100).describe('Percent of net liquidation for each entry'),
  }),
  z.strictObject({
    kind: z.literal('risk'),
    percent: z.number().gt(0).max(100).describe('Percent of net liquidation lost if the stop is hit'),
  }),
]);

/** What a person sends to create a session; also the shape of a session in YAML. */
export const sessionDraftSchema = z.strictObject({
  id: slug.describe('Unique id'),
  name: z.string().min(1).max(80).optional().describe('Shown to people; the id when absent'),
  instrument: instrumentKeySchema,
  timeframe: timeframeSchema.describe('Bar size that the strategy decides on'),
  strategy: slug.describe('Name of a stored strategy'),
  sizing: sizingSchema.default({ kind: 'percent', percent: 10 }),
  orderType: z.enum(['MKT', 'LMT']).default('MKT'),
  limitOffsetBps: z
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe('How far a limit goes beyond the opposite quote'),
  allowShort: z.boolean().default(false),
  bufferSize: z
    .number()
    .int()
    .min(200)
    .max(5000)
    .default(250)
    .describe('Closed bars kept in the rolling buffer'),
  thread: z
    .enum(deciderThreads)
    .default('main')
    .describe('worker: the strategy decides in a thread of its own, so that heavy computing holds up nobody'),
  onDifference: z
    .enum(differencePolicies)
    .default('adopt')
    .describe(
      'When the broker and the books differ in the instrument. adopt: trade on with what the broker holds; ignore: the same, without an alarm; halt: pause; flatten: pause and close the position at the market',
    ),
  active: z.boolean().default(true).describe('Starts with the runtime'),
});
export type SessionDraft = z.infer<typeof sessionDraftSchema>;

export const decisionViewSchema = z.object({
  sessionId: z.string(),
  instrumentId: z.string(),
  barTime: instantMs,
  at: instantMs,
  close: z.number(),
  signal: z.enum(['long', 'short', 'flat', 'hold']),
  outcome: z.enum(['order', 'refused']),
  guard: z.string().nullable(),
  reason: z.string(),
  values: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  order: z
    .object({
      side: z.enum(['BUY', 'SELL']),
      quantity: z.string(),
      orderType: z.string(),
      limitPrice: z.string().nullable(),
      timeInForce: z.string(),
      purpose: z.enum(['entry', 'exit']),
    })
    .nullable(),
  orderRef: z.string().nullable(),
});
export type DecisionView = z.infer<typeof decisionViewSchema>;

export const barSchema = z.object({
  time: instantMs,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
});
export type BarView = z.infer<typeof barSchema>;

export const sessionViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  instrumentId: z.string(),
  instrument: instrumentKeySchema,
  timeframe: timeframeSchema,
  strategy: z.string(),
  sizing: sizingSchema,
  orderType: z.enum(['MKT', 'LMT']),
  allowShort: z.boolean(),
  thread: z.enum(deciderThreads),
  onDifference: z.enum(differencePolicies),
  origin: z.enum(['config', 'dashboard']),
  /** What the person wants; the actor follows. */
  desired: z.enum(['running', 'paused', 'stopped']),
  /** State of the session's actor; `failed` while its supervisor waits to restart it. */
  state: z.enum(['idle', 'collecting', 'signaling', 'ordering', 'syncing', 'failed']),
  since: instantMs,
  /** What it waits for, in one sentence; null when it waits for the next bar only. */
  waitingFor: z.string().nullable(),
  error: z.string().nullable(),
  restarts: z.number().int(),
  bufferedBars: z.number().int(),
  bufferSize: z.number().int(),
  lastBar: barSchema.nullable(),
  lastDecision: decisionViewSchema.nullable(),
  /** Position of the instrument at the broker; null when never told. */
  positionQuantity: z.string().nullable(),
  ordersInFlight: z.number().int(),
});
export type SessionView = z.infer<typeof sessionViewSchema>;
