import type { TradeStream } from '../broker.ts';
import type { Trade } from './feed.ts';
import { type BarSize, Bucketer, type HistoryBar, oneTrade } from './history.ts';
import type { Instrument } from './instrument.ts';

export interface FormingBarOptions {
  instrument: Instrument;
  size: BarSize;
  /** The bar in progress that the client already has. */
  forming?: HistoryBar | undefined;
  /** Which moments count, for example liquid hours only. */
  accepts(at: number): boolean;
  /** The present state of the bar in progress, when it has changed. */
  changed?(bar: HistoryBar): void;
  /** The bar that has just ended, once. */
  finished?(bar: HistoryBar): void;
}

/**
 * The bar in progress of one subscription. When a trade opens the next bar, a state of the ended one that was not yet
 * passed on goes first, so that nobody misses a close.
 */
export class FormingBarStream implements TradeStream {
  readonly #options: FormingBarOptions;
  readonly #bucketer: Bucketer;
  readonly #bars: HistoryBar[] = [];
  #dirty = false;

  constructor(options: FormingBarOptions) {
    this.#options = options;
    this.#bucketer = new Bucketer(options.instrument, options.size);
    if (options.forming !== undefined) this.#bucketer.resume(this.#bars, options.forming);
  }

  trade(trade: Trade): void {
    if (!this.#options.accepts(trade.time)) return;
    const before = this.#bars.at(-1);
    const opened = this.#bucketer.add(this.#bars, trade.time, oneTrade(trade.price, trade.volume));
    if (opened && before !== undefined) {
      if (this.#dirty) this.#options.changed?.(before);
      this.#options.finished?.(before);
      this.#bars.shift();
    }
    this.#dirty = true;
  }

  flush(): void {
    const bar = this.#bars.at(-1);
    if (!this.#dirty || bar === undefined) return;
    this.#dirty = false;
    this.#options.changed?.(bar);
  }
}
