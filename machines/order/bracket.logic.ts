import { type Decimal, decimal } from '../domain/decimal.ts';
import { isFinal, type Order, type OrderRef } from '../domain/order.ts';

/** An entry and the orders that protect what it fills. */
export interface Bracket {
  readonly entry: Order;
  readonly children: readonly Order[];
}

/** What is to be done so that no order of a bracket outlives its purpose; each with the reason in words. */
export type BracketMeasure =
  | { readonly do: 'cancel'; readonly ref: OrderRef; readonly why: string }
  /** Protection must not be larger than what it protects. */
  | { readonly do: 'resize'; readonly order: Order; readonly quantity: string; readonly why: string }
  /** Nothing can be sent for it: a person must know. */
  | { readonly do: 'alarm'; readonly ref: OrderRef; readonly why: string };

/** Groups orders by the entry that they belong to; a child whose entry is not among them is left out. */
export function bracketsOf(orders: readonly Order[]): readonly Bracket[] {
  return orders
    .filter(({ parentRef }) => parentRef === null)
    .map((entry) => ({ entry, children: orders.filter(({ parentRef }) => parentRef === entry.ref) }))
    .filter(({ children }) => children.length > 0);
}

/** Never came to protect anything: the broker refused it, or it was never there. */
const isMissing = ({ state }: Order): boolean => state === 'rejected' || state === 'absent';

/**
 * Looks at a bracket. The broker does most of this by itself for orders that are attached to one another; what it left
 * undone, and what it cannot know (that the position was closed by another order), is done here.
 * @param held the signed position in the instrument, or null when it is not surely known
 */
export function bracketMeasures({ entry, children }: Bracket, held: Decimal | null): BracketMeasure[] {
  const live = children.filter(({ state }) => !isFinal(state));
  const bought = decimal(entry.filled);
  const closed = children.reduce((sum, child) => sum.plus(child.filled), decimal(0));
  const cancelAll = (orders: readonly Order[], why: string): BracketMeasure[] =>
    orders.map(({ ref }) => ({ do: 'cancel', ref, why }));

  if (bought.isZero()) {
    if (isFinal(entry.state)) return cancelAll(live, 'its entry ended unfilled');
    const missing = children.find(isMissing);
    return missing === undefined
      ? []
      : cancelAll([entry], `its protecting order ${missing.ref} is ${missing.state}`);
  }
  if (closed.gte(bought)) {
    const rest = isFinal(entry.state) ? live : [entry, ...live];
    return cancelAll(rest, 'what it filled is closed by its bracket');
  }
  const isOpen = held === null || (entry.side === 'BUY' ? held.gt(0) : held.lt(0));
  if (isFinal(entry.state) && !isOpen) return cancelAll(live, 'the position that it protects is closed');
  const unprotected = children.filter(isMissing).map(({ ref, state }): BracketMeasure => {
    const why = `the position of ${entry.instrumentId} lacks the protection of order ${ref}, which is ${state}`;
    return { do: 'alarm', ref, why };
  });
  const rest = bought.minus(closed);
  const tooLarge = isFinal(entry.state)
    ? live.filter(
        ({ state, quantity, filled }) => state === 'working' && decimal(quantity).minus(filled).gt(rest),
      )
    : [];
  return [
    ...unprotected,
    ...tooLarge.map((order): BracketMeasure => {
      const quantity = rest.plus(order.filled).toFixed();
      return { do: 'resize', order, quantity, why: `its entry filled ${entry.filled} of ${entry.quantity}` };
    }),
  ];
}
