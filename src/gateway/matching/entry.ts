import type { Feed } from '../market/feed.ts';
import type { Placement } from './desk.ts';
import { type BrokerOrder, isBuyTicket, ZERO } from './order.ts';
import { kindOf } from './order-types.ts';
import type { Complaint } from './rules.ts';
import { expiryOf, startOf } from './time-in-force.ts';
import { trailedLimit } from './trigger.ts';

/** The order that a valid ticket becomes; nothing is stored or checked against the account yet. */
export function ticketOrder(
  from: Placement & { permId: number; parent: BrokerOrder | undefined; feed: Feed; now: number },
): BrokerOrder {
  const { ticket, instrument, parent, feed, now } = from;
  return {
    permId: from.permId,
    clientId: from.clientId,
    orderId: from.orderId,
    parentPermId: parent?.permId ?? 0,
    conId: instrument.conId,
    exchange: from.exchange,
    // TWS ties the children of one parent together: the first that trades takes its part off the others.
    ticket:
      parent === undefined || ticket.ocaGroup !== ''
        ? ticket
        : { ...ticket, ocaGroup: String(parent.permId), ocaType: 3 },
    status: ticket.transmit ? 'PreSubmitted' : 'Inactive',
    filled: ZERO,
    avgFillPrice: ZERO,
    lastFillPrice: ZERO,
    commission: ZERO,
    whyHeld: '',
    warning: '',
    ...prices(from),
    queueAhead: undefined,
    placedAt: now,
    startsAt: startOf(ticket, instrument.config.timeZone),
    expiresAt: expiryOf(ticket, feed, now),
    doneAt: undefined,
    doneWallAt: undefined,
    completedStatus: '',
  };
}

function prices({ ticket }: Placement): Pick<BrokerOrder, 'isTriggered' | 'stopPrice' | 'limitPrice'> {
  const kind = kindOf(ticket);
  if (kind?.trigger !== 'trail')
    return {
      isTriggered: kind?.trigger === 'none',
      stopPrice: kind?.trigger === 'none' ? undefined : ticket.auxPrice,
      limitPrice: ticket.lmtPrice,
    };
  const stopPrice = ticket.trailStopPrice;
  const limitPrice =
    kind.price === 'limit' && stopPrice !== undefined
      ? trailedLimit(ticket, isBuyTicket(ticket), stopPrice)
      : undefined;
  return { isTriggered: false, stopPrice, limitPrice };
}

/** Why TWS would not take a change; undefined when it would. */
export function refusalOfChange(order: BrokerOrder, placement: Placement): Complaint | undefined {
  const { ticket, instrument } = placement;
  const mismatch = { code: 105, text: 'Order being modified does not match original order' };
  if (order.conId !== instrument.conId || order.ticket.action !== ticket.action) return mismatch;
  // The links of an order are fixed; TWS lets a client leave them out of the change.
  const named = ticket.ocaGroup === '' || ticket.ocaGroup === order.ticket.ocaGroup;
  if (!named || (ticket.parentId !== 0 && ticket.parentId !== order.ticket.parentId)) return mismatch;
  if (ticket.totalQuantity?.lte(order.filled) === true)
    return {
      code: 201,
      text: 'Order rejected - reason:The new quantity is not above what is already filled.',
    };
  return undefined;
}

/** The order after a change. Its place in the queue is kept only when nothing but the size became smaller. */
export function changed(order: BrokerOrder, placement: Placement, feed: Feed, now: number): BrokerOrder {
  const { ticket, exchange, instrument } = placement;
  const { ocaGroup, ocaType, parentId } = order.ticket;
  const next = prices(placement);
  const isSameOrder =
    ticket.orderType === order.ticket.orderType &&
    String(ticket.auxPrice) === String(order.ticket.auxPrice) &&
    String(ticket.trailingPercent) === String(order.ticket.trailingPercent) &&
    String(ticket.trailStopPrice) === String(order.ticket.trailStopPrice);
  const triggers = isSameOrder
    ? {
        isTriggered: order.isTriggered,
        stopPrice: order.stopPrice,
        limitPrice: next.limitPrice ?? order.limitPrice,
      }
    : next;
  const keepsPlace =
    isSameOrder &&
    String(ticket.lmtPrice) === String(order.ticket.lmtPrice) &&
    ticket.totalQuantity !== undefined &&
    order.ticket.totalQuantity !== undefined &&
    ticket.totalQuantity.lte(order.ticket.totalQuantity);
  return {
    ...order,
    ...triggers,
    ticket: { ...ticket, ocaGroup, ocaType, parentId, transmit: ticket.transmit || order.ticket.transmit },
    exchange,
    queueAhead: keepsPlace ? order.queueAhead : undefined,
    startsAt: startOf(ticket, instrument.config.timeZone),
    expiresAt: expiryOf(ticket, feed, now),
    status: order.status === 'Inactive' && ticket.transmit ? 'PreSubmitted' : order.status,
  };
}
