import { z } from 'zod';
import { priceViewSchema } from './market.schema.ts';
import { accountViewSchema, pnlViewSchema, positionViewSchema, tradeViewSchema } from './portfolio.schema.ts';
import { reconciliationViewSchema } from './reconciliation.schema.ts';
import { barSchema, decisionViewSchema, sessionViewSchema } from './session.schema.ts';
import { supervisionViewSchema } from './supervision.schema.ts';
import { actorViewSchema, systemViewSchema } from './system.schema.ts';
import { instantMs } from './values.ts';

/**
 * The feed, WebSocket `/api/v1/feed`. The client subscribes by topic; each topic answers with one `snapshot`
 * (the whole list) and then `change`s (the items that changed, whole, keyed as the list is; `removed` keys).
 * `seq` counts messages of one topic on one socket from 1: a gap means "ask for a new snapshot" (`resync`).
 *
 * Topics: `system`, `actors`, `supervision`, `prices`, `positions`, `account`, `pnl`, `reconciliation`, `trades`, `sessions`,
 * `decisions:<sessionId>`, `bars:<instrumentId>:<timeframe>`.
 */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    topics: z.array(z.string().min(1).max(120)).min(1).max(50),
  }),
  z.strictObject({
    type: z.literal('unsubscribe'),
    topics: z.array(z.string().min(1).max(120)).min(1).max(50),
  }),
  z.strictObject({ type: z.literal('resync'), topic: z.string().min(1).max(120) }),
  z.strictObject({ type: z.literal('ping') }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** Item schema and key of each topic, by the part of its name before the first colon. */
export const topicItems = {
  system: { item: systemViewSchema, key: () => 'system' },
  actors: { item: actorViewSchema, key: (item: z.infer<typeof actorViewSchema>) => item.path },
  /** One item: the health of the supervision itself. */
  supervision: { item: supervisionViewSchema, key: () => 'supervision' },
  prices: { item: priceViewSchema, key: (item: z.infer<typeof priceViewSchema>) => item.instrumentId },
  positions: {
    item: positionViewSchema,
    key: (item: z.infer<typeof positionViewSchema>) => `${item.account}/${item.instrumentId}`,
  },
  account: { item: accountViewSchema, key: (item: z.infer<typeof accountViewSchema>) => item.account },
  pnl: { item: pnlViewSchema, key: (item: z.infer<typeof pnlViewSchema>) => item.key },
  /** One item: the last comparison with the broker; none before the first. */
  reconciliation: { item: reconciliationViewSchema, key: () => 'reconciliation' },
  trades: { item: tradeViewSchema, key: (item: z.infer<typeof tradeViewSchema>) => item.key },
  sessions: { item: sessionViewSchema, key: (item: z.infer<typeof sessionViewSchema>) => item.id },
  decisions: {
    item: decisionViewSchema,
    key: (item: z.infer<typeof decisionViewSchema>) => String(item.barTime),
  },
  /** The newest bar may still be forming: `closed` tells. */
  bars: {
    item: barSchema.extend({ closed: z.boolean() }),
    key: (item: z.infer<typeof barSchema>) => String(item.time),
  },
} as const;
export type TopicName = keyof typeof topicItems;
export type TopicItem<T extends TopicName> = z.infer<(typeof topicItems)[T]['item']>;

/** The envelope; `data` is parsed with the topic's item schema. */
export const serverMessageSchema = z.object({
  topic: z.string(),
  seq: z.number().int(),
  at: instantMs,
  type: z.enum(['snapshot', 'change', 'pong', 'error']),
  data: z.unknown(),
});
export type ServerMessage = z.infer<typeof serverMessageSchema>;

/** `data` of a snapshot and of a change. */
export const listDataSchema = z.object({
  items: z.array(z.unknown()),
  removed: z.array(z.string()).default([]),
});
/** `data` of an error, e.g. an unknown topic. */
export const feedErrorSchema = z.object({ message: z.string() });
