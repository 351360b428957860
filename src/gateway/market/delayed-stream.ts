import type { TradeStream } from '../broker.ts';
import type { Quote } from './feed.ts';

/** How late delayed data is. */
export const DELAY_MS = 15 * 60_000;

/** Passes on the quotes of a quarter of an hour ago, as delayed market data does. */
export class DelayedStream implements TradeStream {
  readonly #now: () => number;
  readonly #inner: TradeStream;
  readonly #waiting: { at: number; quote: Quote }[] = [];

  constructor(inner: TradeStream, now: () => number) {
    this.#inner = inner;
    this.#now = now;
  }

  trade(): void {
    // Delayed subscriptions tell quotes, not single trades.
  }

  flush(quote: Quote): void {
    const now = this.#now();
    this.#waiting.push({ at: now, quote: { ...quote } });
    let due: Quote | undefined;
    while (this.#waiting[0] !== undefined && this.#waiting[0].at <= now - DELAY_MS)
      due = this.#waiting.shift()?.quote;
    if (due !== undefined) this.#inner.flush(due);
  }
}
