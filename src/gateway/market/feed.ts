import type { Bar } from './bar.ts';
import type { BookLevel, DepthBook } from './book.ts';
import type { Halt } from './halts.ts';
import { barIndexAt, dayIndexAt, type Instrument, type TradingDay } from './instrument.ts';
import type { TickPath } from './path.ts';
import { quoteAround, stepped } from './price-grid.ts';
import { hash } from './random.ts';
import { localDate } from './zone.ts';

/** What everybody can see of an instrument now. Prices are undefined before the first trade ever. */
export interface Quote {
  bid: number | undefined;
  ask: number | undefined;
  bidSize: number;
  askSize: number;
  last: number | undefined;
  lastSize: number;
  /** Market time of the last trade, epoch ms. */
  lastTime: number;
  dayOpen: number | undefined;
  dayHigh: number | undefined;
  dayLow: number | undefined;
  dayVolume: number;
  /** Close of the trading day before. */
  previousClose: number | undefined;
}

export interface Trade {
  time: number;
  price: number;
  volume: number;
  /** Must be shown even when ticks are thinned out. */
  isKey: boolean;
  /** The first and the last trade of the regular session are auctions. */
  auction: 'open' | 'close' | undefined;
}

/** Plays one instrument trade by trade along the market clock. */
export class Feed {
  readonly instrument: Instrument;
  readonly quote: Quote;
  /** Halted from outside, whatever the market itself would do. */
  #haltedBy: 0 | 1 | 2 = 0;
  #halts: readonly Halt[] = [];
  #isPaused = false;
  #day: TradingDay | undefined;
  #bar: number;
  #point = 0;
  #path: TickPath | undefined;
  #date = '';
  #overSaid = false;

  /** Stands where a client of market time `at` would: trades up to and including `at` have happened. */
  constructor(instrument: Instrument, at: number) {
    this.instrument = instrument;
    this.quote = {
      bid: undefined,
      ask: undefined,
      bidSize: 0,
      askSize: 0,
      last: undefined,
      lastSize: 0,
      lastTime: 0,
      dayOpen: undefined,
      dayHigh: undefined,
      dayLow: undefined,
      dayVolume: 0,
      previousClose: undefined,
    };
    // Start two days back so that the day's figures and the previous close are right.
    const day = dayIndexAt(instrument.days, at);
    const from = instrument.days[Math.max(0, day - 2)]?.playedFrom ?? 0;
    this.#bar = barIndexAt(instrument.bars, from);
    while (this.nextTime() <= at) this.step();
  }

  /** IBKR's tick 49: 0 trades, 1 halted by news or order, 2 halted by volatility. */
  get halted(): 0 | 1 | 2 {
    return this.#haltedBy !== 0 ? this.#haltedBy : this.#isPaused ? 2 : 0;
  }

  /** Halts the instrument until it is told to trade again (0); the trades of its path go by unseen. */
  halt(how: 0 | 1 | 2): void {
    this.#haltedBy = how;
  }

  /** Market time of the next trade; Infinity when the source has run out. */
  nextTime(): number {
    return this.#currentPath()?.times[this.#point] ?? Number.POSITIVE_INFINITY;
  }

  /** True once, when the source has run out. */
  ranOut(): boolean {
    if (this.#overSaid || this.#bar < this.instrument.bars.length) return false;
    this.#overSaid = true;
    return true;
  }

  /** Plays the next trade. Throws when there is none. */
  step(): Trade {
    const path = this.#currentPath();
    const bar = this.instrument.bars[this.#bar];
    if (path === undefined || bar === undefined)
      throw new Error(`${this.instrument.config.symbol} has no more trades`);
    const at = this.#point;
    const trade: Trade = {
      time: path.times[at] ?? 0,
      price: path.prices[at] ?? 0,
      volume: path.volumes[at] ?? 0,
      isKey: path.keys[at] === 1,
      auction: undefined,
    };
    if (at === 0) this.#startBar(bar);
    this.#isPaused = this.#halts.some(({ from, to }) => trade.time >= from && trade.time < to);
    const opens = this.#day !== undefined && this.quote.lastTime < this.#day.liquidOpen;
    if (this.halted === 0) this.#record(trade);
    this.#point += 1;
    if (this.#point >= path.times.length) {
      this.#bar += 1;
      this.#point = 0;
      this.#path = undefined;
    }
    const day = this.#day;
    if (day !== undefined && trade.time >= day.liquidOpen && trade.time < day.liquidClose) {
      if (opens) trade.auction = 'open';
      else if (at + 1 === path.times.length && this.nextTime() >= day.liquidClose) trade.auction = 'close';
    }
    return trade;
  }

  /** The trading day that is open, or next to open, at a moment. */
  dayAt(at: number): TradingDay | undefined {
    return this.instrument.days[dayIndexAt(this.instrument.days, at)];
  }

  /** The trading day after that one. */
  dayAfter(at: number): TradingDay | undefined {
    return this.instrument.days[dayIndexAt(this.instrument.days, at) + 1];
  }

  /** Whether orders that do not ask for extended hours may trade. */
  isLiquid(at: number): boolean {
    const day = this.dayAt(at);
    return day !== undefined && at >= day.liquidOpen && at < day.liquidClose;
  }

  /**
   * The book around the present quote, at most `levels` prices a side: a tick apart, sizes growing away from the
   * touch. A function of instrument, time of the last trade and level, so the same day shows the same book.
   */
  book(levels: number): DepthBook {
    const { bid, ask, bidSize, askSize, lastTime } = this.quote;
    if (bid === undefined || ask === undefined || this.halted !== 0) return { bids: [], asks: [] };
    const { grid, conId } = this.instrument;
    const side = (best: number, size: number, step: number): BookLevel[] => {
      const out: BookLevel[] = [];
      let price = best;
      for (let level = 0; level < levels; level += 1) {
        if (level > 0) {
          const further = stepped(price, step, grid);
          if (further === price) break;
          price = further;
        }
        const swing = 0.5 + (hash(`${conId}|${lastTime}|${step}|${level}`) % 1000) / 1000;
        out.push({
          price,
          size: level === 0 ? size : Math.max(1, Math.round(size * swing * (1 + level * 0.3))),
        });
      }
      return out;
    };
    return { bids: side(bid, bidSize, -1), asks: side(ask, askSize, 1) };
  }

  #currentPath(): TickPath | undefined {
    if (this.#path === undefined) {
      const bar = this.instrument.bars[this.#bar];
      if (bar !== undefined) this.#path = this.instrument.path(bar);
    }
    return this.#path;
  }

  #startBar(bar: Bar): void {
    const day = this.dayAt(bar.start);
    // The evening of a currency's session belongs to the date on which it ends.
    const date = day?.date ?? localDate(this.instrument.config.timeZone, bar.start);
    if (date === this.#date) return;
    this.#day = day;
    this.#halts = day === undefined ? [] : this.instrument.halts(day);
    this.#date = date;
    const q = this.quote;
    q.previousClose = q.last;
    q.dayOpen = bar.open;
    q.dayHigh = bar.open;
    q.dayLow = bar.open;
    q.dayVolume = 0;
  }

  #record(trade: Trade): void {
    const q = this.quote;
    const { bid, ask } = quoteAround(trade.price, this.instrument.grid, this.instrument.config.spreadTicks);
    q.bid = bid;
    q.ask = ask;
    q.bidSize = this.instrument.config.quoteSize;
    q.askSize = this.instrument.config.quoteSize;
    q.last = trade.price;
    q.lastSize = trade.volume;
    q.lastTime = trade.time;
    q.dayHigh = Math.max(q.dayHigh ?? trade.price, trade.price);
    q.dayLow = Math.min(q.dayLow ?? trade.price, trade.price);
    q.dayVolume += trade.volume;
  }
}
