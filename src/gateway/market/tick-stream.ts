import type { TradeStream } from '../broker.ts';
import type { Quote, Trade } from './feed.ts';

export interface TickSink {
  price(type: 'bid' | 'ask' | 'last' | 'high' | 'low' | 'open' | 'close', price: number, size: number): void;
  size(type: 'bidSize' | 'askSize' | 'lastSize' | 'volume', size: number): void;
  lastTime(epochSeconds: number): void;
}

/** Level-1 ticks of one subscription: of everything that trades only what changed, thinned out as TWS does. */
export class TickStream implements TradeStream {
  readonly #sink: TickSink;
  readonly #hasTrades: boolean;
  #sent: Partial<Quote> = {};
  #traded = 0;

  /** Without trades (currency pairs) only bid, ask and close are told. */
  constructor(sink: TickSink, hasTrades = true) {
    this.#hasTrades = hasTrades;
    this.#sink = sink;
  }

  trade(trade: Trade): void {
    this.#traded += trade.volume;
  }

  flush(now: Quote): void {
    const was = this.#sent;
    const sink = this.#sink;
    if (now.bid !== undefined && now.bid !== was.bid) {
      sink.price('bid', now.bid, now.bidSize);
      // The size goes out once more by itself: some clients drop it from the price of the bid.
      sink.size('bidSize', now.bidSize);
    } else if (now.bidSize !== was.bidSize) sink.size('bidSize', now.bidSize);
    if (now.ask !== undefined && now.ask !== was.ask) sink.price('ask', now.ask, now.askSize);
    else if (now.askSize !== was.askSize) sink.size('askSize', now.askSize);
    if (!this.#hasTrades) {
      if (now.previousClose !== undefined && now.previousClose !== was.previousClose)
        sink.price('close', now.previousClose, 0);
      this.#sent = { ...now };
      return;
    }
    const lastSize = this.#traded > 0 ? this.#traded : now.lastSize;
    if (now.last !== undefined && now.lastTime !== was.lastTime) {
      // The time goes first: whoever stamps prices with it has the right one at hand.
      sink.lastTime(Math.floor(now.lastTime / 1000));
      sink.price('last', now.last, lastSize);
    }
    // A new day's figures go out even when they happen to equal yesterday's.
    const figures: [keyof Quote, 'high' | 'low' | 'open' | 'close'][] = [
      ['dayOpen', 'open'],
      ['dayHigh', 'high'],
      ['dayLow', 'low'],
      ['previousClose', 'close'],
    ];
    for (const [key, type] of figures) {
      const value = now[key];
      if (value !== undefined && value !== was[key]) sink.price(type, value, 0);
    }
    if (now.dayVolume !== was.dayVolume) sink.size('volume', now.dayVolume);
    this.#sent = { ...now };
    this.#traded = 0;
  }
}
