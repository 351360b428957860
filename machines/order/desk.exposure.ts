/** What the desk has in flight, as limits count it. */
import { type Decimal, Decimal as DecimalClass, decimal, decimalString } from '../domain/decimal.ts';
import type { InFlightOrder, OrderIntent, OrderRef } from '../domain/order.ts';
import type { DeskContext, Submission } from './desk.events.ts';

/** An entry and what protects it, in the order in which they are sent. */
export const intentsOf = ({
  intent,
  children = [],
}: Pick<Submission, 'intent' | 'children'>): OrderIntent[] => [intent, ...children];

/** The larger of an order's size and the one that a change under way would give it. */
const sizeOf = (context: DeskContext, ref: OrderRef, quantity: string): Decimal => {
  const wanted = context.amends[ref]?.amendment.quantity;
  return wanted === undefined ? decimal(quantity) : DecimalClass.max(quantity, wanted);
};

/** Where an order would leave: its account, and what else is in flight. */
export interface Leaving {
  readonly account: string;
  readonly inFlight: readonly InFlightOrder[];
}

export const leavingOf = (context: DeskContext, account: string, except: OrderRef): Leaving => ({
  account,
  inFlight: inFlightOrders(context, account, except),
});

/**
 * Everything that may still fill, the submission of `except` left out: orders that are not final, commits under way and
 * submissions that wait. Orders that protect an entry of ours are left out too: they can only close what it opened, and of
 * two that exclude each other one fills.
 */
function inFlightOrders(context: DeskContext, account: string, except: OrderRef): readonly InFlightOrder[] {
  const orders = Object.values(context.orders).map((order) => ({
    ...order,
    account: order.account,
    remaining: sizeOf(context, order.ref, order.quantity).minus(order.filled),
  }));
  const coming = [...Object.values(context.committing), ...context.held]
    .flatMap(intentsOf)
    .map((intent) => ({ ...intent, account, remaining: decimal(intent.quantity) }));
  return [...orders, ...coming]
    .filter(({ ref, parentRef, remaining }) => ref !== except && parentRef === null && remaining.gt(0))
    .map(({ ref, account: of, instrumentId, sessionId, side, remaining }) => ({
      ...{ ref, account: of ?? account, instrumentId, sessionId, side },
      remaining: decimalString(remaining),
    }));
}
