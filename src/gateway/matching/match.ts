import { Decimal } from 'decimal.js';

/** What can be had at once: the best price of each side and how much is left there. */
export interface Book {
  bid: number;
  ask: number;
  bidSize: Decimal;
  askSize: Decimal;
}

export interface Taker {
  isBuy: boolean;
  /** Undefined for a market order. */
  limit: Decimal | undefined;
  remaining: Decimal;
}

/**
 * What an order gets from the book: the opposite quote, never more than its size, never worse than the limit and
 * at the quote's price when that is better. Undefined when nothing matches.
 */
export function match(taker: Taker, book: Book): { quantity: Decimal; price: Decimal } | undefined {
  const price = new Decimal(taker.isBuy ? book.ask : book.bid);
  const available = taker.isBuy ? book.askSize : book.bidSize;
  if (taker.limit !== undefined && (taker.isBuy ? taker.limit.lt(price) : taker.limit.gt(price)))
    return undefined;
  const quantity = Decimal.min(taker.remaining, available);
  return quantity.gt(0) ? { quantity, price } : undefined;
}
