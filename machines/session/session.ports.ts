import { fromCallback, fromPromise } from 'xstate';
import type { Bar } from '../domain/bar.ts';
import type { Decision } from '../domain/decision.ts';
import type { Position } from '../domain/position.ts';
import type { SessionDefinition } from '../domain/session.ts';
import type { DecisionFacts } from './decide.ts';
import type { ClosedBar, Lease, MarketNews } from './session.events.ts';
import type { PlacedOrder } from './session.placed.ts';

/**
 * The part of a decider that a live session uses. It holds streaming indicators and is never shared. One that works
 * elsewhere answers promises; the next call is made when the last one has been answered.
 */
export interface SessionDecider {
  warm(bars: readonly Bar[]): void | Promise<void>;
  decide(bar: Bar, facts: DecisionFacts): Decision | Promise<Decision>;
  /** Tells, at most once, that it broke while nothing was asked of it; undefined: it cannot. */
  onBroken?(listener: (error: Error) => void): void;
  /** Gives back what it holds; called once, whatever is unanswered. Undefined: it holds nothing. */
  close?(): void;
}

export interface FactsRequest extends ClosedBar {
  /** A newer bar has closed already. */
  readonly superseded: boolean;
  /** Paused by a person, or stopping. */
  readonly paused: boolean;
  /** Of the held lease; null when it was lost between the bar and this question. */
  readonly epoch: number | null;
}

export interface OrderRequest {
  readonly definition: SessionDefinition;
  readonly decision: Decision;
  readonly epoch: number;
}

/** All that a session needs of the world; plain functions, wired by `withSessionPorts`. */
export interface SessionPorts {
  /** Wall clock, epoch ms. */
  now(): number;
  /**
   * Takes the fencing lease of the session and keeps it; tells every change, null when it is held elsewhere or lost.
   * Answers its release.
   */
  holdLease(sessionId: string, listener: (held: Lease | null) => void): () => void;
  /** Opens the instrument's market data at the hub; answers its release. */
  openMarket(
    request: { readonly definition: SessionDefinition; readonly bufferSize: number },
    listener: (news: MarketNews) => void,
  ): () => void;
  /** Loads the named strategy. Rejects with a sentence for an unknown strategy or bad parameters. */
  createDecider(definition: SessionDefinition): Promise<SessionDecider>;
  gatherFacts(definition: SessionDefinition, request: FactsRequest): Promise<DecisionFacts>;
  /** Commits a refusal; false when the bar had its record already. Rejects with a StoreError when it cannot. */
  recordDecision(decision: Decision): Promise<boolean>;
  /** Commits decision and intent in one transaction and hands the order to the desk; never called twice for a bar. */
  placeOrder(request: OrderRequest): Promise<PlacedOrder>;
  /** Asks the broker and stores the answer. @throws BrokerError */
  syncPosition(definition: SessionDefinition): Promise<Position>;
}

export type DeciderCommand =
  | { readonly type: 'decider.warm'; readonly bars: readonly ClosedBar['bar'][] }
  | { readonly type: 'decider.decide'; readonly bar: ClosedBar['bar']; readonly facts: DecisionFacts };

const missing = (port: string) => (): never => {
  throw new Error(`session: port "${port}" was not provided, expected withSessionPorts(ports)`);
};

/** The shapes of the session's actors; the chart can be drawn with them, `withSessionPorts` makes it run. */
export const sessionPortActors = {
  lease: fromCallback<{ type: 'none' }, { sessionId: string }>(missing('holdLease')),
  market: fromCallback<{ type: 'none' }, { definition: SessionDefinition }>(missing('openMarket')),
  decider: fromCallback<DeciderCommand, { definition: SessionDefinition }>(missing('createDecider')),
  gatherFacts: fromPromise<DecisionFacts, { definition: SessionDefinition; request: FactsRequest }>(
    missing('gatherFacts'),
  ),
  placeOrder: fromPromise<PlacedOrder, OrderRequest>(missing('placeOrder')),
  syncPosition: fromPromise<Position, { definition: SessionDefinition }>(missing('syncPosition')),
};
