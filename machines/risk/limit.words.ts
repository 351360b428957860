import { decimal } from '../domain/decimal.ts';
import { isFloor, type LimitName, type LimitScope } from './limits.ts';
import type { LimitBreach } from './pretrade.logic.ts';

const names: Readonly<Record<LimitName, string>> = {
  orderQuantity: 'The quantity of the order',
  orderNotional: 'The worth of the order',
  priceCollar: 'The distance of its limit from the last price in basis points',
  position: 'The position that could come of it',
  grossExposure: 'The gross exposure that could come of it',
  netExposure: 'The net exposure that could come of it',
  leverage: 'The leverage that could come of it',
  concentration: 'The share of one instrument in percent that could come of it',
  openOrders: 'The number of open orders',
  ordersPerMinute: 'The number of orders in a minute',
  ordersPerDay: 'The number of orders in a day',
  spread: 'The spread in basis points',
  quoteAge: 'The age of the price in seconds',
  bookSize: 'The size in the book',
  afterOpen: 'The minutes since the open',
  beforeClose: 'The minutes until the close',
};

/** Whose orders and positions, for a sentence. */
export const scopeWords = (scope: LimitScope): string =>
  scope.kind === 'whole' ? 'all together' : `${scope.kind} ${scope.id}`;

/** A level that is passed, in one sentence with the figures. */
export function breachWords({ limit, scope, level, found, allowed }: LimitBreach): string {
  const figure = found === null ? 'not known' : decimal(found).toDecimalPlaces(2).toFixed();
  const kinds = isFloor(limit)
    ? { soft: 'warned of below', hard: 'allowed from' }
    : { soft: 'warned of above', hard: 'allowed up to' };
  const kind = kinds[level];
  return `${names[limit]} would be ${figure}, ${kind} ${allowed} for ${scopeWords(scope)} (${limit}).`;
}
