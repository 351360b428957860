import type { Bar, Timeframe } from '../domain/bar.ts';
import type { Instrument, InstrumentId, InstrumentKey } from '../domain/instrument.ts';
import type { Quote } from '../domain/quote.ts';

export interface BarStreamListener {
  /** The closed and forming bars before the stream turned live, ascending; the last one is forming. */
  onHistory(bars: readonly Bar[]): void;
  /** The forming bar; a later `time` than the one before means that the one before has closed. */
  onUpdate(bar: Bar): void;
  /** The stream is dead; a reason in one sentence. */
  onError(message: string): void;
}

export interface QuoteStreamListener {
  onQuote(quote: Quote): void;
  /** No prices for now, and why; they may come back by themselves, or not at all. */
  onInterrupted(message: string): void;
  /** The stream is dead; a reason in one sentence. */
  onError(message: string): void;
}

/** The market data side of the broker. Every stream ends with its connection (`onError`). */
export interface MarketDataPort {
  /** Contract details, fresh from the broker (trading hours change daily). @throws BrokerError */
  instrument(key: InstrumentKey): Promise<Instrument>;
  /** The last `count` bars before `before` (epoch ms, default now), ascending, closed ones only. @throws BrokerError */
  history(request: {
    readonly instrument: Instrument;
    readonly timeframe: Timeframe;
    readonly count: number;
    readonly before?: number;
  }): Promise<readonly Bar[]>;
  /** History of `count` bars, then live updates (IBKR's keepUpToDate). Answers its cancel. @throws BrokerError `unavailable` */
  streamBars(
    request: { readonly instrument: Instrument; readonly timeframe: Timeframe; readonly count: number },
    listener: BarStreamListener,
  ): () => void;
  /** Quotes, each whole. Answers its cancel. @throws BrokerError `unavailable` */
  streamQuote(instrument: Instrument, listener: QuoteStreamListener): () => void;
}

/** What feeds need of the database. */
export interface BarStorePort {
  saveInstrument(instrument: Instrument): Promise<void>;
  /** Written before anyone is told of the bar. */
  append(instrumentId: InstrumentId, timeframe: Timeframe, bars: readonly Bar[]): Promise<void>;
  /** The newest `count` bars, ascending. */
  last(instrumentId: InstrumentId, timeframe: Timeframe, count: number): Promise<readonly Bar[]>;
}
