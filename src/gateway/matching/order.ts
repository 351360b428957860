import { Decimal } from 'decimal.js';
import type { OrderTicket } from '../messages/place-order.ts';

/** IBKR's words: https://interactivebrokers.github.io/tws-api/order_submission.html */
export type OrderStatus = 'Inactive' | 'PreSubmitted' | 'Submitted' | 'Filled' | 'Cancelled';

/** An order as the broker remembers it. Replaced, never changed in place. */
export interface BrokerOrder {
  permId: number;
  clientId: number;
  /** The client's own id; unique per client. */
  orderId: number;
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
  whyHeld: string;
  warning: string;
  /** Market time, epoch ms. */
  placedAt: number;
  /** Market time at which a DAY order ends; undefined for GTC. */
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
