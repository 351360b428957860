import { Decimal } from 'decimal.js';
import type { DepthBook } from '../market/book.ts';

interface Level {
  readonly price: Decimal;
  left: Decimal;
}

/** A quantity at a price. */
export interface Taken {
  readonly quantity: Decimal;
  readonly price: Decimal;
}

const levelsOf = (levels: DepthBook['bids']): Level[] =>
  levels.map(({ price, size }) => ({ price: new Decimal(price), left: new Decimal(size) }));

/**
 * What can be had in one instrument until its next trade: the displayed book, and the volume of the trade at hand for
 * orders that rest. What one order took is gone for the next, so a large order walks to worse prices.
 */
export class Liquidity {
  readonly #bids: Level[];
  readonly #asks: Level[];
  #volume: Decimal;

  /** `traded` is the trade at hand's volume; 0 when there was none since. */
  constructor(book: DepthBook, traded: number) {
    this.#bids = levelsOf(book.bids);
    this.#asks = levelsOf(book.asks);
    this.#volume = new Decimal(traded);
  }

  /** How much an order could take at once within its limit. */
  within(isBuy: boolean, limit: Decimal | undefined): Decimal {
    return this.#reachable(isBuy, limit).reduce((sum, { left }) => sum.plus(left), new Decimal(0));
  }

  /** Takes from the other side, best price first, one entry a level. */
  take(isBuy: boolean, limit: Decimal | undefined, wanted: Decimal): Taken[] {
    const out: Taken[] = [];
    let open = wanted;
    for (const level of this.#reachable(isBuy, limit)) {
      if (open.lte(0)) break;
      const quantity = Decimal.min(open, level.left);
      level.left = level.left.minus(quantity);
      open = open.minus(quantity);
      out.push({ quantity, price: level.price });
    }
    return out;
  }

  /** Shares displayed on an order's own side at its price or better: they trade before it. */
  ahead(isBuy: boolean, price: Decimal): Decimal {
    return (isBuy ? this.#bids : this.#asks)
      .filter((level) => (isBuy ? level.price.gte(price) : level.price.lte(price)))
      .reduce((sum, { left }) => sum.plus(left), new Decimal(0));
  }

  /**
   * What the trade at hand gives to an order that rests. Through its price everything before it is gone; at its price
   * the volume first serves who came before. Answers the fill and how much is still before it.
   */
  rested(
    isBuy: boolean,
    limit: Decimal,
    ahead: Decimal,
    wanted: Decimal,
    tradePrice: Decimal,
  ): { quantity: Decimal; ahead: Decimal } {
    const isThrough = isBuy ? tradePrice.lt(limit) : tradePrice.gt(limit);
    if (!isThrough && !tradePrice.eq(limit)) return { quantity: new Decimal(0), ahead };
    const left = isThrough ? new Decimal(0) : Decimal.max(0, ahead.minus(this.#volume));
    const reaching = isThrough ? this.#volume : Decimal.max(0, this.#volume.minus(ahead));
    const quantity = Decimal.min(wanted, reaching);
    this.#volume = this.#volume.minus(quantity);
    return { quantity, ahead: left };
  }

  /** The trade is over: orders that rest get nothing more of it. */
  endTrade(): void {
    this.#volume = new Decimal(0);
  }

  #reachable(isBuy: boolean, limit: Decimal | undefined): Level[] {
    return (isBuy ? this.#asks : this.#bids).filter(
      ({ price, left }) =>
        left.gt(0) && (limit === undefined || (isBuy ? price.lte(limit) : price.gte(limit))),
    );
  }
}
