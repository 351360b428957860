import type { TradeStream } from '../broker.ts';
import type { DepthRow } from '../messages/depth.ts';
import type { BookLevel, DepthBook } from './book.ts';

/** One subscription of the book: tells the rows that changed, as insertions, updates and deletions by position. */
export class DepthStream implements TradeStream {
  readonly #book: () => DepthBook;
  readonly #tell: (row: DepthRow) => void;
  #shown: DepthBook = { bids: [], asks: [] };

  constructor(book: () => DepthBook, tell: (row: DepthRow) => void) {
    this.#book = book;
    this.#tell = tell;
  }

  trade(): void {
    // The book is shown when ticks are.
  }

  flush(): void {
    const now = this.#book();
    this.#side('ask', this.#shown.asks, now.asks);
    this.#side('bid', this.#shown.bids, now.bids);
    this.#shown = now;
  }

  #side(side: DepthRow['side'], was: readonly BookLevel[], now: readonly BookLevel[]): void {
    // From the end, so that the positions of those that stay do not move.
    for (let position = was.length - 1; position >= now.length; position -= 1)
      this.#tell({ position, operation: 'delete', side, price: 0, size: 0 });
    for (const [position, { price, size }] of now.entries()) {
      const before = was[position];
      if (before?.price === price && before.size === size) continue;
      this.#tell({ position, operation: before === undefined ? 'insert' : 'update', side, price, size });
    }
  }
}
