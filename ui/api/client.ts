import { z } from 'zod';
import type { RiskScope } from '../../machines/risk/risk.status.ts';
import { journalPageSchema } from '../../src/contract/journal.schema.ts';
import {
  type OrderChange,
  type OrderDraft,
  orderResultSchema,
  positionViewSchema,
  tradeViewSchema,
} from '../../src/contract/portfolio.schema.ts';
import { reconciliationViewSchema } from '../../src/contract/reconciliation.schema.ts';
import { riskPlanSchema } from '../../src/contract/risk.schema.ts';
import {
  barSchema,
  decisionViewSchema,
  type SessionDraft,
  sessionViewSchema,
} from '../../src/contract/session.schema.ts';
import {
  type StrategyDraft,
  strategyKindViewSchema,
  strategyViewSchema,
} from '../../src/contract/strategy.schema.ts';
import { rebuiltStateSchema } from '../../src/contract/supervision.schema.ts';
import { request } from './http.ts';

/** Every list comes as `{ items }`. */
const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

export type SessionCommand = 'start' | 'pause' | 'resume' | 'stop';
export type RiskCommand = 'halt' | 'reduce' | 'resume' | 'flatten';
export type TradeSource = 'ibkr' | 'autotrader' | 'manual';

/** Every call of the REST interface that the dashboard makes; each throws ApiError. */
export const api = {
  createSession: (draft: SessionDraft) => request('POST', '/sessions', sessionViewSchema, { body: draft }),
  commandSession: (id: string, command: SessionCommand) =>
    request('POST', `/sessions/${encodeURIComponent(id)}/${command}`, sessionViewSchema),
  removeSession: (id: string) => request('DELETE', `/sessions/${encodeURIComponent(id)}`, z.unknown()),
  decisions: (id: string, query: { limit: number; before?: number }) =>
    request('GET', `/sessions/${encodeURIComponent(id)}/decisions`, listOf(decisionViewSchema), { query }),

  trades: (query: { limit: number; before?: number; source?: TradeSource }) =>
    request('GET', '/trades', listOf(tradeViewSchema), { query }),
  placeOrder: (draft: OrderDraft) => request('POST', '/orders', orderResultSchema, { body: draft }),
  changeOrder: (ref: string, change: OrderChange) =>
    request('PATCH', `/orders/${encodeURIComponent(ref)}`, orderResultSchema, { body: change }),
  cancelOrder: (ref: string) => request('DELETE', `/orders/${encodeURIComponent(ref)}`, orderResultSchema),
  reconcile: (accept: boolean) =>
    request('POST', '/reconcile', reconciliationViewSchema, { body: { accept } }),
  refreshPositions: () => request('POST', '/positions/refresh', listOf(positionViewSchema)),

  bars: (query: { instrumentId: string; timeframe: string; limit: number; before?: number }) =>
    request('GET', '/bars', listOf(barSchema), { query }),
  strategies: () => request('GET', '/strategies', listOf(strategyViewSchema)),
  strategyKinds: () => request('GET', '/strategies/kinds', listOf(strategyKindViewSchema)),
  saveStrategy: (draft: StrategyDraft) => request('POST', '/strategies', strategyViewSchema, { body: draft }),

  /** What an actor did, newest first; `next` is the `beforeSeq` of the page that follows. */
  history: (path: string, query: { limit: number; below: boolean; beforeSeq?: number }) =>
    request('GET', `/actors/${encodeURIComponent(path)}/history`, journalPageSchema, {
      query: { ...query, below: String(query.below) },
    }),
  /** One entry of the journal; an empty list when it is not there any more. */
  journalEntry: (seq: number) =>
    request('GET', '/journal', journalPageSchema, {
      query: { afterSeq: Math.max(0, seq - 1), beforeSeq: seq + 1, limit: 1 },
    }),
  /** The state a machine was in after an entry. */
  rebuiltState: (path: string, seq: number) =>
    request('GET', `/actors/${encodeURIComponent(path)}/state`, rebuiltStateSchema, { query: { seq } }),

  riskPlan: () => request('GET', '/risk/plan', riskPlanSchema),
  /** For one session or account, or, without a scope, for everything. */
  risk: (command: RiskCommand, cause: string, scope?: RiskScope) =>
    request('POST', `/risk/${command}`, z.unknown(), {
      body: scope === undefined ? { cause } : { cause, scope },
    }),
  /** Any answer but 401 is fine: it only asks whether this browser is known. */
  knownHere: () => request('GET', '/strategies', z.unknown()),
};
