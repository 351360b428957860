import { z } from 'zod';
import { type Decision, guardNames } from '../../machines/domain/decision.ts';
import { OrderSide, OrderType, TimeInForce } from '../../machines/domain/order.ts';
import { quoteQualities } from '../../machines/domain/quote.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { DecisionFacts } from '../../machines/session/decide.facts.ts';
import { barSchema, sessionDraftSchema } from '../contract/session.schema.ts';
import { decimalText, instantMs } from '../contract/values.ts';

// What crosses between a session and the thread in which its strategy decides; each side parses what it receives.

const definitionSchema = sessionDraftSchema.extend({
  name: z.string(),
  origin: z.enum(['config', 'dashboard']),
}) satisfies z.ZodType<SessionDefinition>;

/** What a thread starts with. */
export const threadSetupSchema = z.strictObject({
  definition: definitionSchema,
  /** Key of the strategy's kind. */
  kind: z.string(),
  /** As stored; the thread parses them with the schema of the kind. */
  parameters: z.unknown(),
  /** Address of a module with more kinds; null: the shipped ones only. */
  kindsModule: z.string().nullable(),
});
export type ThreadSetup = z.infer<typeof threadSetupSchema>;

const bandSchema = z.strictObject({ from: decimalText, increment: decimalText });
const factsSchema = z.strictObject({
  now: z.number(),
  paused: z.boolean(),
  superseded: z.boolean(),
  late: z.boolean(),
  leaseHeld: z.boolean(),
  storeUp: z.boolean(),
  connectionReady: z.boolean(),
  brokerCause: z.string().nullable(),
  risk: z.enum(['active', 'reducing', 'halted']),
  riskCause: z.string(),
  positionQuantity: decimalText.nullable(),
  ordersInFlight: z.int(),
  marketOpen: z.boolean(),
  marketTime: z.number().nullable(),
  quote: z
    .strictObject({
      bid: z.number().nullable(),
      ask: z.number().nullable(),
      last: z.number().nullable(),
      quality: z.enum(quoteQualities),
      ageMs: z.number(),
    })
    .nullable(),
  maxQuoteAgeMs: z.number(),
  netLiquidation: decimalText.nullable(),
  availableFunds: decimalText.nullable(),
  priceBands: z.tuple([bandSchema], bandSchema).readonly(),
  multiplier: decimalText,
  lotSize: decimalText,
}) satisfies z.ZodType<DecisionFacts>;

/** What a session asks of its thread, one at a time. */
export const questionSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('warm'), bars: z.array(barSchema) }),
  z.strictObject({ type: z.literal('decide'), bar: barSchema, facts: factsSchema }),
]);
export type Question = z.infer<typeof questionSchema>;

/** A figure for people to read: a strategy may compute NaN, and its decision still stands. */
const figure = z.custom<number>((value) => typeof value === 'number', 'expected a number');

const decisionSchema = z
  .strictObject({
    sessionId: z.string(),
    instrumentId: z.string(),
    barTime: instantMs,
    at: z.number(),
    close: z.number(),
    signal: z.enum(['long', 'short', 'flat', 'hold']),
    outcome: z.enum(['order', 'refused']),
    guard: z.enum(guardNames).nullable(),
    reason: z.string(),
    values: z.record(z.string(), z.union([figure, z.string(), z.boolean(), z.null()])),
    order: z
      .strictObject({
        side: z.enum(OrderSide),
        quantity: decimalText,
        orderType: z.enum([OrderType.market, OrderType.limit]),
        limitPrice: decimalText.nullable(),
        timeInForce: z.enum(TimeInForce),
        purpose: z.enum(['entry', 'exit']),
      })
      .nullable(),
    orderRef: z.string().nullable(),
  })
  .refine(({ outcome, order, guard }) => (outcome === 'order') === (order !== null && guard === null), {
    path: ['order'],
    message: 'expected an order with the outcome "order", and a guard without',
  }) satisfies z.ZodType<Decision>;

/** What the thread says: one answer to each question, and signs of life while one takes long. */
export const answerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('alive') }),
  z.strictObject({ type: z.literal('warmed') }),
  z.strictObject({ type: z.literal('decided'), decision: decisionSchema }),
  z.strictObject({ type: z.literal('failed'), message: z.string() }),
]);
export type Answer = z.infer<typeof answerSchema>;
