import type { Bar, Timeframe } from '../domain/bar.ts';
import type { TradingSpan } from '../domain/calendar.ts';
import type { Instrument, InstrumentId, InstrumentKey } from '../domain/instrument.ts';
import type { Quote } from '../domain/quote.ts';
import type { BarCheckResult } from './bar.check.ts';
import type { FeedState } from './feed.events.ts';

/** Where the feed of a watched instrument stands; plain data. */
export interface FeedStatus {
  readonly instrumentId: InstrumentId;
  readonly key: InstrumentKey;
  readonly state: FeedState;
  /** Why it is not live, or why bars are not stored, in one sentence; null when all is well. */
  readonly cause: string | null;
  /** When the state was entered, epoch ms wall clock. */
  readonly since: number;
  readonly timeframes: readonly Timeframe[];
  /** How the live bars of each size compare with IBKR's history; one that was not compared yet is missing. */
  readonly checks: readonly (BarCheckResult & { readonly timeframe: Timeframe })[];
}

/** A closed bar as told to observers, after it was stored. */
export interface BarNews {
  readonly instrumentId: InstrumentId;
  readonly timeframe: Timeframe;
  readonly bar: Bar;
  /** It closed while the feed was away. */
  readonly late: boolean;
}

export interface BarsListener {
  /** Once, first: the newest closed bars, ascending, at most as many as were asked for. */
  onHistory(bars: readonly Bar[]): void;
  /** Every later closed bar once, ascending, after it was stored. */
  onBar(bar: Bar, late: boolean): void;
  /** Bars cannot come now; the cause in one sentence. May precede the history. */
  onWaiting(cause: string): void;
  /** A fresh value of every subscription has arrived, and the gap has been told. */
  onLive(): void;
}

/** Market data for the rest of the system. It outlives the actor that runs the feeds. */
export interface MarketDataHub {
  /** Watches an instrument: its quotes, and its bars of these sizes go to the database. Answers the release. */
  watch(key: InstrumentKey, timeframes: readonly Timeframe[]): () => void;
  /**
   * Opens a series: database first, the broker for what is missing, then every closed bar. Answers the release.
   * @param count bars of history wanted.
   */
  openBars(key: InstrumentKey, timeframe: Timeframe, count: number, listener: BarsListener): () => void;
  /** Somebody wants this watched instrument's prices now: it gets a market data line before what was used earlier. */
  use(id: InstrumentId): void;
  /** Market data lines: how many the broker allows, how many are taken, how many instruments wait for one. */
  lines(): { readonly most: number; readonly taken: number; readonly waiting: number };
  /** Contract details of a watched instrument; null before the broker gave them. */
  instrument(id: InstrumentId): Instrument | null;
  instruments(): readonly Instrument[];
  quote(id: InstrumentId): Quote | null;
  quotes(): readonly Quote[];
  /** The later of the last trade's time (of one instrument, or of all) and the time that the broker told; epoch ms. */
  marketTime(id?: InstrumentId): number | null;
  /** Inside liquid hours at market time; null when hours or time are unknown, which means closed. */
  isOpen(id: InstrumentId): boolean | null;
  /** The span of liquid hours that market time is in; null: closed, or not known. */
  openSpan(id: InstrumentId): TradingSpan | null;
  /** The broker's clock, told by the connection's heartbeat; epoch ms. */
  setMarketTime(at: number): void;
  /** Quotes, conflated per instrument. Each answers its unsubscribe. */
  onQuote(listener: (quote: Quote) => void): () => void;
  /** Every quote at once, unconflated: for who waits for one moment, and leaves. */
  onTick(listener: (quote: Quote) => void): () => void;
  onBar(listener: (news: BarNews) => void): () => void;
  onFeed(listener: (status: FeedStatus) => void): () => void;
  status(): readonly FeedStatus[];
  /** Told by the connection, whose facts are not looked at. Or send the actor the events of the same name; not both. */
  connectionReady(facts?: unknown): void;
  connectionLost(cause: string): void;
}
