/** Limits on orders: what they measure, where they may stand, and the two levels of each. */
import type { DecimalString } from '../domain/decimal.ts';

/**
 * What is measured, the order under test and everything in flight included.
 * - `orderQuantity`: units of the order; `orderNotional`: its worth in the base currency.
 * - `priceCollar`: how much worse than the last fresh price its limit is, in basis points.
 * - `position`: the largest position that fills can lead to, in units, in one instrument.
 * - `grossExposure`, `netExposure`: of those positions, in the base currency; `leverage`: gross over net liquidation.
 * - `concentration`: the largest position of one instrument over net liquidation, in percent.
 * - `openOrders`: orders that are not over; `ordersPerMinute`, `ordersPerDay`: orders of the last minute and day.
 * - `spread`: between bid and ask, in basis points of their middle; `quoteAge`: of the last price, in seconds.
 * - `bookSize`: what the book holds at the price that the order would take; `afterOpen`, `beforeClose`: minutes of liquid
 *   hours that have passed, and that are left. These three are floors: below them somebody is warned, or it is refused.
 */
export const limitNames = [
  'orderQuantity',
  'orderNotional',
  'priceCollar',
  'position',
  'grossExposure',
  'netExposure',
  'leverage',
  'concentration',
  'openOrders',
  'ordersPerMinute',
  'ordersPerDay',
  'spread',
  'quoteAge',
  'bookSize',
  'afterOpen',
  'beforeClose',
] as const;
export type LimitName = (typeof limitNames)[number];

const floors: ReadonlySet<LimitName> = new Set(['bookSize', 'afterOpen', 'beforeClose']);
/** Whether what is found must not be below the figure, instead of above. */
export const isFloor = (limit: LimitName): boolean => floors.has(limit);

/** Above `soft` somebody is warned, above `hard` the order is refused; null: no such level. `soft` is at most `hard`; of a floor
 * it is below, and `soft` is at least `hard`. */
export interface Level {
  readonly soft: DecimalString | null;
  readonly hard: DecimalString | null;
}

export type Limits = Readonly<Partial<Record<LimitName, Level>>>;

/** Whose orders and positions are counted. */
export type LimitScope =
  | { readonly kind: 'whole' }
  | { readonly kind: 'account' | 'instrument' | 'session'; readonly id: string };

/** Limits of one scope. */
export interface ScopedLimits {
  readonly scope: LimitScope;
  readonly limits: Limits;
}
