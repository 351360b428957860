import { Decimal } from 'decimal.js';
import type { PriceGrid } from '../market/price-grid.ts';
import { type BrokerOrder, isBuy } from './order.ts';
import { kindOf } from './order-types.ts';
import { isReached, type Observed, observedPrice, trailedLimit, trailedStop } from './trigger.ts';

/** What an order sees of its market at a moment. */
export interface MarketView extends Observed {
  readonly now: number;
  /** Within regular trading hours; within any trading hours. */
  readonly isLiquid: boolean;
  readonly isOpen: boolean;
  readonly isHalted: boolean;
  /** False for currency pairs: quotes only. */
  readonly hasTrades: boolean;
  readonly grid: PriceGrid;
  /** Set while the trade of an auction is being told. */
  readonly auction: { readonly kind: 'open' | 'close'; readonly price: number } | undefined;
}

/** What is to be done with an order now. */
export type Step =
  /** Not worked: it waits for its parent, its time, a halt to end, or its auction. */
  | { readonly do: 'wait'; readonly whyHeld: string }
  /** Its market is closed: TWS says until when. */
  | { readonly do: 'waitForOpening' }
  | { readonly do: 'expire'; readonly reason: string }
  /** Its trigger stands here; `stop` and `limit` may have moved with the market. */
  | { readonly do: 'follow'; readonly stop: Decimal; readonly limit: Decimal | undefined }
  | { readonly do: 'trigger' }
  /** Trades the whole of it at the auction's price. */
  | { readonly do: 'auction'; readonly price: Decimal }
  /** May trade, at a limit or at any price. */
  | { readonly do: 'trade'; readonly limit: Decimal | undefined };

/**
 * Decides what a live, transmitted order does next; pure. `parentIsOpen` says that the order it is attached to has
 * not been filled yet.
 */
export function nextStep(order: BrokerOrder, view: MarketView, parentIsOpen: boolean): Step {
  const { ticket } = order;
  const kind = kindOf(ticket);
  if (kind === undefined) return { do: 'expire', reason: 'Unsupported order type' };
  const isItsAuction = kind.auction !== undefined && view.auction?.kind === kind.auction;
  if (order.expiresAt !== undefined && order.expiresAt <= view.now && !isItsAuction)
    return { do: 'expire', reason: 'Expired' };
  if (parentIsOpen) return { do: 'wait', whyHeld: 'child' };
  if (order.startsAt !== undefined && view.now < order.startsAt) return { do: 'wait', whyHeld: '' };
  if (view.isHalted) return { do: 'wait', whyHeld: order.whyHeld };
  const limit = kind.price === 'limit' ? order.limitPrice : undefined;
  if (kind.auction !== undefined) {
    if (view.auction === undefined || !isItsAuction) return { do: 'wait', whyHeld: '' };
    const price = new Decimal(view.auction.price);
    if (limit !== undefined && (isBuy(order) ? limit.lt(price) : limit.gt(price)))
      return { do: 'expire', reason: 'Not executed in the auction' };
    return { do: 'auction', price };
  }
  if (!(view.isLiquid || (ticket.outsideRth && view.isOpen))) return { do: 'waitForOpening' };
  if (kind.trigger !== 'none' && !order.isTriggered) return triggerStep(order, view, kind.trigger);
  return { do: 'trade', limit };
}

function triggerStep(order: BrokerOrder, view: MarketView, trigger: 'stop' | 'touch' | 'trail'): Step {
  const { ticket } = order;
  const buys = isBuy(order);
  const price = observedPrice(view, ticket.triggerMethod, buys, view.hasTrades);
  if (price === undefined) return { do: 'wait', whyHeld: 'trigger' };
  const stop =
    trigger === 'trail' ? trailedStop(ticket, buys, order.stopPrice, price, view.grid) : order.stopPrice;
  if (stop === undefined) return { do: 'wait', whyHeld: 'trigger' };
  if (isReached(trigger, buys, price, stop)) return { do: 'trigger' };
  const limit = trigger === 'trail' ? trailedLimit(ticket, buys, stop) : order.limitPrice;
  return { do: 'follow', stop, limit };
}
