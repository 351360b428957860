import { Decimal } from 'decimal.js';
import { nearestOnGrid, type PriceGrid } from '../market/price-grid.ts';
import type { OrderTicket } from '../messages/place-order.ts';
import type { OrderKind } from './order-types.ts';

/** The prices that a trigger looks at; undefined when there is none yet. */
export interface Observed {
  readonly bid: number | undefined;
  readonly ask: number | undefined;
  readonly last: number | undefined;
}

/** IBKR's trigger methods. https://interactivebrokers.github.io/tws-api/trigger_method_limit.html */
const TRIGGER_METHODS: Readonly<Record<number, 'last' | 'bidAsk' | 'either' | 'midpoint'>> = {
  1: 'bidAsk', // "double" methods want the price twice in a row; here the first counts
  2: 'last',
  3: 'last',
  4: 'bidAsk',
  7: 'either',
  8: 'midpoint',
};

/**
 * The price that a trigger compares: the last trade as a rule, bid or ask for currency pairs, which have no trades
 * (method 0 is the default of the instrument). `isBuy` looks at the ask, a sale at the bid.
 */
export function observedPrice(
  seen: Observed,
  method: number,
  isBuy: boolean,
  hasTrades: boolean,
): Decimal | undefined {
  const quoted = isBuy ? seen.ask : seen.bid;
  const way = TRIGGER_METHODS[method] ?? (hasTrades ? 'last' : 'bidAsk');
  const decimal = (price: number | undefined) => (price === undefined ? undefined : new Decimal(price));
  if (way === 'bidAsk') return decimal(quoted);
  if (way === 'midpoint')
    return seen.bid === undefined || seen.ask === undefined
      ? undefined
      : new Decimal(seen.bid).plus(seen.ask).div(2);
  if (way === 'last') return decimal(hasTrades ? seen.last : quoted);
  const both = [quoted, seen.last].filter((price) => price !== undefined);
  return both.length === 0 ? undefined : new Decimal(isBuy ? Math.max(...both) : Math.min(...both));
}

/** Whether a price sets the order off: a buy stop at or above its price, a buy touch at or below; sales mirrored. */
export function isReached(
  trigger: OrderKind['trigger'],
  isBuy: boolean,
  price: Decimal,
  stop: Decimal,
): boolean {
  const wantsHigh = trigger === 'touch' ? !isBuy : isBuy;
  return wantsHigh ? price.gte(stop) : price.lte(stop);
}

/** How far a trailing order stays behind a price. */
function distance(ticket: OrderTicket, price: Decimal): Decimal {
  const { trailingPercent } = ticket;
  if (trailingPercent !== undefined) return price.times(trailingPercent).div(100);
  return ticket.auxPrice ?? new Decimal(0);
}

/**
 * The stop of a trailing order after a price was seen: it follows the market in the order's favour and never back.
 * `present` is where it stands, undefined before the first price.
 */
export function trailedStop(
  ticket: OrderTicket,
  isBuy: boolean,
  present: Decimal | undefined,
  price: Decimal,
  grid: PriceGrid,
): Decimal {
  const away = distance(ticket, price);
  const wanted = nearestOnGrid(isBuy ? price.plus(away) : price.minus(away), grid);
  if (present === undefined) return wanted;
  return isBuy ? Decimal.min(present, wanted) : Decimal.max(present, wanted);
}

/**
 * The limit of a trailing limit order: its offset beyond the stop, or the distance that the ticket's limit had from
 * the ticket's stop. Undefined for the other kinds, whose limit stands still.
 */
export function trailedLimit(ticket: OrderTicket, isBuy: boolean, stop: Decimal): Decimal | undefined {
  const { lmtPriceOffset, lmtPrice, trailStopPrice } = ticket;
  const offset =
    lmtPriceOffset ??
    (lmtPrice !== undefined && trailStopPrice !== undefined
      ? isBuy
        ? lmtPrice.minus(trailStopPrice)
        : trailStopPrice.minus(lmtPrice)
      : undefined);
  if (offset === undefined) return lmtPrice;
  return isBuy ? stop.plus(offset) : stop.minus(offset);
}
