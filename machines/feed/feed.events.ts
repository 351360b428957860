import type { Bar, Timeframe } from '../domain/bar.ts';
import type { Instrument, InstrumentId, InstrumentKey } from '../domain/instrument.ts';

/** Bar sizes that are watched, each with the most bars of history that a watcher wants. */
export type WatchedTimeframes = Readonly<Partial<Record<Timeframe, number>>>;

/**
 * Where a feed stands, by the names of its chart; while no actor runs it the hub tells `restarting`, or
 * `waitingForLine` when all market data lines are taken.
 */
export type FeedState =
  | 'waitingForLine'
  | 'waitingForBroker'
  | 'resolving'
  | 'faulted'
  | 'subscribing'
  | 'live'
  | 'interrupted'
  | 'stale'
  | 'restarting';

/** Closed bars on their way to the database and to listeners. */
export interface BarBatch {
  readonly instrumentId: InstrumentId;
  readonly timeframe: Timeframe;
  /** Ascending; may be empty, for a history without closed bars. */
  readonly bars: readonly Bar[];
  /** They closed while the feed was away. */
  readonly late: boolean;
  /** Which subscription they came from; a batch of an older one proves nothing about the present one. */
  readonly generation: number;
  /** The history with which the stream began. */
  readonly isHistory: boolean;
}

export interface FeedInput {
  readonly key: InstrumentKey;
  readonly timeframes: WatchedTimeframes;
  readonly brokerReady: boolean;
}

/** Told by the open streams. */
export type StreamNews =
  | {
      readonly type: 'stream.bars';
      readonly timeframe: Timeframe;
      readonly bars: readonly Bar[];
      readonly late: boolean;
      readonly isHistory: boolean;
    }
  /** A quote arrived; at most one a second is told. */
  | { readonly type: 'stream.quote'; readonly marketTime: number | null }
  /** The broker has stopped the prices and keeps the subscription, e.g. for a competing session. */
  | { readonly type: 'stream.interrupted'; readonly message: string }
  | { readonly type: 'stream.failed'; readonly message: string };

export type CollectorNews =
  | { readonly type: 'collector.stored'; readonly batch: BarBatch }
  /** Bars were dropped because the database was away for too long; they must be fetched again. */
  | { readonly type: 'collector.overflowed' };

export type FeedEvent =
  | StreamNews
  | CollectorNews
  | { readonly type: 'connection.ready' }
  | { readonly type: 'connection.lost'; readonly cause: string }
  | { readonly type: 'feed.timeframes'; readonly timeframes: WatchedTimeframes }
  | { readonly type: 'market.told'; readonly marketTime: number }
  | { readonly type: 'details.refreshed'; readonly instrument: Instrument }
  | { readonly type: 'details.refused'; readonly message: string };

/** Plain data only. */
export interface FeedContext {
  readonly key: InstrumentKey;
  readonly id: InstrumentId;
  readonly timeframes: WatchedTimeframes;
  readonly instrument: Instrument | null;
  /** Newest bars handed to the collector, and newest bars stored. */
  readonly newest: Readonly<Partial<Record<Timeframe, number>>>;
  readonly stored: Readonly<Partial<Record<Timeframe, number>>>;
  /** Counts subscriptions; grows with each. */
  readonly generation: number;
  /** What has given a fresh value since the subscription: `quote` and bar sizes. */
  readonly proven: readonly string[];
  readonly brokerReady: boolean;
  /** Why it is not live, in one sentence. */
  readonly cause: string | null;
  readonly attempts: number;
  /** How often the broker stopped the prices since they were last live; failures do not count. */
  readonly interruptions: number;
  readonly refused: boolean;
  readonly marketTime: number | null;
  readonly refreshing: boolean;
  /** Quotes to let pass before contract details are asked again. */
  readonly refreshHold: number;
}
