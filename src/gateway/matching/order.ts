import { Decimal } from 'decimal.js';
import type { OrderTicket } from '../messages/place-order.ts';

/** IBKR's words: https://interactivebrokers.github.io/tws-api/order_submission.html */
export const ORDER_STATUSES = [
  'Inactive',
  'PendingSubmit',
  'PreSubmitted',
  'Submitted',
  'PendingCancel',
  'Filled',
  'Cancelled',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** An order as the broker remembers it. Replaced, never changed in place. */
export interface BrokerOrder {
  permId: number;
  clientId: number;
  /** The client's own id; unique per client. 0 while an order placed by hand is not bound. */
  orderId: number;
  /** Of the order that this one is attached to; 0 for none. */
  parentPermId: number;
  conId: number;
  /** As the client routed it. */
  exchange: string;
  ticket: OrderTicket;
  status: OrderStatus;
  filled: Decimal;
  avgFillPrice: Decimal;
  lastFillPrice: Decimal;
  /** Commission charged so far: the minimum is per order, not per fill. */
  commission: Decimal;
  /** `child` waits for its parent, `trigger` for its price; empty when worked. */
  whyHeld: string;
  warning: string;
  /** Whether the stop, touch or trail price has been reached; true for orders that have none. */
  isTriggered: boolean;
  /** The present trigger price, which a trailing order moves; and the limit that moves with it. */
  stopPrice: Decimal | undefined;
  limitPrice: Decimal | undefined;
  /** Shares before it at its price; undefined while it does not rest in the book. */
  queueAhead: Decimal | undefined;
  /** Market time, epoch ms. */
  placedAt: number;
  /** Market time from which it is worked (goodAfterTime). */
  startsAt: number | undefined;
  /** Market time at which it ends by itself; undefined for GTC. */
  expiresAt: number | undefined;
  /** Market and wall time of the end; undefined while the order lives. */
  doneAt: number | undefined;
  doneWallAt: number | undefined;
  completedStatus: string;
}

export const ZERO = new Decimal(0);

export const quantityOf = (order: BrokerOrder): Decimal => order.ticket.totalQuantity ?? ZERO;
export const remainingOf = (order: BrokerOrder): Decimal => quantityOf(order).minus(order.filled);
export const isBuy = (order: BrokerOrder): boolean => order.ticket.action === 'BUY';
export const isBuyTicket = (ticket: OrderTicket): boolean => ticket.action === 'BUY';
/** Whether its destination has not yet confirmed what was sent to it. */
export const isUnconfirmed = ({ status }: BrokerOrder): boolean =>
  status === 'PendingSubmit' || status === 'PendingCancel';
export const isLive = (order: BrokerOrder): boolean => order.doneAt === undefined;

/** One fill, as the broker remembers it. */
export interface BrokerExecution {
  execId: string;
  permId: number;
  clientId: number;
  orderId: number;
  conId: number;
  side: 'BOT' | 'SLD';
  shares: Decimal;
  price: Decimal;
  cumQty: Decimal;
  avgPrice: Decimal;
  orderRef: string;
  exchange: string;
  commission: Decimal;
  /** Undefined when the fill closed nothing. */
  realizedPnl: Decimal | undefined;
  /** Market and wall time, epoch ms. */
  at: number;
  wallAt: number;
}
