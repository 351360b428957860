import type { Decimal } from 'decimal.js';
import type { Instrument } from '../market/instrument.ts';
import type { Charged } from './commission.ts';
import { type BrokerExecution, type BrokerOrder, isBuy, quantityOf } from './order.ts';

export interface Fill {
  order: BrokerOrder;
  instrument: Instrument;
  shares: Decimal;
  price: Decimal;
  /** Market time, epoch ms. */
  at: number;
  execId: string;
  /** What the fills so far cost; see `Account.commission`. */
  commission(charged: Omit<Charged, 'sharesBefore'>, already: Decimal): Decimal;
}

/** The order after a fill, and the execution that the fill is; what it realised is for the ledger to say. */
export function fillOrder(fill: Fill): {
  next: BrokerOrder;
  execution: Omit<BrokerExecution, 'realizedPnl'>;
} {
  const { order, instrument, shares, price, at } = fill;
  const filled = order.filled.plus(shares);
  const value = order.avgFillPrice.times(order.filled).plus(price.times(shares));
  const tradeValue = value.times(instrument.multiplier);
  const { secType, currency } = instrument.config;
  const fills = { secType, currency, isSale: !isBuy(order), quantity: filled, value: tradeValue };
  const charged = fill.commission(fills, order.filled);
  const isFilled = filled.gte(quantityOf(order));
  const wallAt = Date.now();
  const avgFillPrice = value.div(filled);
  return {
    next: {
      ...order,
      // A cancel that is on its way stays so.
      status: isFilled ? 'Filled' : order.status === 'PendingCancel' ? 'PendingCancel' : 'Submitted',
      warning: '',
      filled,
      avgFillPrice,
      lastFillPrice: price,
      commission: charged,
      doneAt: isFilled ? at : undefined,
      doneWallAt: isFilled ? wallAt : undefined,
      completedStatus: isFilled ? `Filled Size: ${filled.toFixed()}` : '',
    },
    execution: {
      execId: fill.execId,
      permId: order.permId,
      clientId: order.clientId,
      orderId: order.orderId,
      conId: order.conId,
      side: isBuy(order) ? 'BOT' : 'SLD',
      shares,
      price,
      cumQty: filled,
      avgPrice: avgFillPrice,
      orderRef: order.ticket.orderRef,
      exchange: order.exchange === 'SMART' ? instrument.config.primaryExchange || 'SMART' : order.exchange,
      commission: charged.minus(order.commission),
      at,
      wallAt,
    },
  };
}
