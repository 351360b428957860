import { type Decimal, type DecimalString, decimal, roundToStep } from '../domain/decimal.ts';
import type { OrderSide } from '../domain/order.ts';
import { type PriceBands, roundPrice } from '../domain/price-bands.ts';
import type { Sizing } from '../domain/session.ts';

export interface SizingFacts {
  /** What one unit is expected to cost, before the multiplier. Positive. */
  readonly price: number;
  /** Contract multiplier; "1" for a share. */
  readonly multiplier: DecimalString;
  /** Quantities are multiples of it; "1" for shares. Positive. */
  readonly lotSize: DecimalString;
  /** null: the broker did not say. */
  readonly netLiquidation: DecimalString | null;
  /** Distance of the protective stop in price units; null: the strategy gives none. */
  readonly stopDistance: number | null;
}

export type Size =
  | { readonly ok: true; readonly quantity: Decimal }
  /** `missing`: a figure that the sizing needs is not known. */
  | { readonly ok: false; readonly missing: 'netLiquidation' | 'stopDistance' };

/**
 * The size of an entry, rounded down to the lot; zero when it is less than one lot.
 * - `fixed`: the quantity as declared.
 * - `percent`: that share of net liquidation / (price x multiplier).
 * - `risk`: that share of net liquidation / (stop distance x multiplier), so that the stop loses it;
 *   never more than the whole net liquidation buys.
 */
export function entrySize(sizing: Sizing, facts: SizingFacts): Size {
  const lot = decimal(facts.lotSize);
  if (sizing.kind === 'fixed') {
    return { ok: true, quantity: roundToStep(decimal(sizing.quantity), lot, 'down') };
  }
  if (facts.netLiquidation === null) return { ok: false, missing: 'netLiquidation' };
  const netLiquidation = decimal(facts.netLiquidation);
  const budget = netLiquidation.mul(sizing.percent).div(100);
  const unit = decimal(facts.price).mul(facts.multiplier);
  if (sizing.kind === 'percent') return { ok: true, quantity: whole(budget.div(unit), lot) };

  if (facts.stopDistance === null || !(facts.stopDistance > 0)) return { ok: false, missing: 'stopDistance' };
  const byRisk = budget.div(decimal(facts.stopDistance).mul(facts.multiplier));
  const affordable = netLiquidation.div(unit);
  return { ok: true, quantity: whole(byRisk.lt(affordable) ? byRisk : affordable, lot) };
}

/** Rounds down to the lot; a negative budget buys nothing. */
function whole(quantity: Decimal, lot: Decimal): Decimal {
  return quantity.isNegative() ? decimal(0) : roundToStep(quantity, lot, 'down');
}

/**
 * The price of a limit order: the opposite quote (ask to buy, bid to sell), moved `offsetBps` basis points further
 * in the order's favour to be filled, then rounded to the tick towards the passive side (a buy down, a sell up):
 * it never gives away more than the offset allows, and with an offset of 0 it equals a quote that is on the tick.
 */
export function limitPrice(
  side: OrderSide,
  oppositeQuote: number,
  offsetBps: number,
  bands: PriceBands,
): Decimal {
  const offset = decimal(offsetBps).div(10_000);
  const factor = side === 'BUY' ? offset.plus(1) : decimal(1).minus(offset);
  return roundPrice(decimal(oppositeQuote).mul(factor), bands, side === 'BUY' ? 'down' : 'up');
}
