import { Decimal } from 'decimal.js';
import { type BrokerOrder, isLive, quantityOf } from './order.ts';

/** What happens to an order because something happened to one that it is linked with. */
export type LinkedEffect =
  | { readonly do: 'cancel'; readonly order: BrokerOrder; readonly reason: string }
  /** Its total quantity becomes this. */
  | { readonly do: 'resize'; readonly order: BrokerOrder; readonly quantity: Decimal }
  /** It no longer waits for its parent. */
  | { readonly do: 'release'; readonly order: BrokerOrder };

/**
 * What a fill does to the rest of an OCA group. Type 1 cancels them; 2 and 3 take the filled part off them, in
 * proportion when the sizes differ (2 also guards against overfills at the exchange, which one matching engine has by
 * nature). https://interactivebrokers.github.io/tws-api/oca.html
 */
export function ocaAfterFill(
  filled: BrokerOrder,
  shares: Decimal,
  others: readonly BrokerOrder[],
): LinkedEffect[] {
  const reason = 'OCA order filled';
  const { ocaType } = filled.ticket;
  const isComplete = !isLive(filled);
  return others.map((order) => {
    if (isComplete || ocaType <= 1) return { do: 'cancel', order, reason };
    const part = quantityOf(order).times(shares).div(quantityOf(filled)).toDecimalPlaces(0, Decimal.ROUND_UP);
    const quantity = quantityOf(order).minus(part);
    return quantity.gt(order.filled) ? { do: 'resize', order, quantity } : { do: 'cancel', order, reason };
  });
}

/**
 * What the client's own cancel does to the rest of an OCA group: all are cancelled. A cancel by the system (expiry,
 * rejection) leaves them. https://ibkrcampus.com/glossary-terms/one-cancels-all-oca-order/
 */
export const ocaAfterCancel = (others: readonly BrokerOrder[]): LinkedEffect[] =>
  others.map((order) => ({ do: 'cancel', order, reason: 'OCA order cancelled' }));

/** A parent that is filled sets its children free. */
export const childrenAfterFill = (parent: BrokerOrder, children: readonly BrokerOrder[]): LinkedEffect[] =>
  isLive(parent) ? [] : children.map((order) => ({ do: 'release', order }));

/**
 * A parent that ends unfilled takes its children along. One that ends after a part was filled leaves them to that
 * part: protection must not be larger than the position, nor vanish with the rest of the order.
 */
export function childrenAfterEnd(parent: BrokerOrder, children: readonly BrokerOrder[]): LinkedEffect[] {
  const { filled } = parent;
  return children.flatMap((order): LinkedEffect[] => {
    if (filled.isZero()) return [{ do: 'cancel', order, reason: 'Parent order cancelled' }];
    const quantity = Decimal.min(quantityOf(order), filled);
    const release: LinkedEffect = { do: 'release', order };
    return quantity.eq(quantityOf(order)) ? [release] : [{ do: 'resize', order, quantity }, release];
  });
}
