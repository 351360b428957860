import type { InferEntity } from '@mikro-orm/core';
import { decimalString } from '../../../machines/domain/decimal.ts';
import { type ListedOrder, type Order, OrderType } from '../../../machines/domain/order.ts';
import { decimalOrNull } from '../rows.ts';
import type { OrderEntity } from './order.entity.ts';

type Row = InferEntity<typeof OrderEntity>;

/** Any stored order, ours or seen at the broker. */
export function toListedOrder(row: Row): ListedOrder {
  return {
    ref: row.key,
    source: row.source,
    sessionId: row.sessionId,
    instrumentId: row.instrumentId,
    side: row.side,
    quantity: decimalString(row.quantity),
    orderType: row.orderType,
    limitPrice: decimalOrNull(row.limitPrice),
    stopPrice: decimalOrNull(row.stopPrice),
    trailAmount: decimalOrNull(row.trailAmount),
    trailPercent: decimalOrNull(row.trailPercent),
    limitOffset: decimalOrNull(row.limitOffset),
    parentRef: row.parentRef,
    timeInForce: row.timeInForce,
    purpose: row.purpose,
    reason: row.reason,
    barTime: row.barTime,
    createdAt: row.createdAt,
    state: row.state,
    permIds: row.permIds,
    orderId: row.orderId,
    clientId: row.clientId,
    account: row.account,
    filled: decimalString(row.filled),
    averagePrice: decimalOrNull(row.averagePrice),
    message: row.message,
    updatedAt: row.updatedAt,
  };
}

/** One of ours: its intent is stored, so everything is known. @throws Error when the row says otherwise */
export function toOrder(row: Row): Order {
  const { orderType, timeInForce, purpose, ...rest } = toListedOrder(row);
  const known = Object.values(OrderType).find((type) => type === orderType);
  if (known === undefined || timeInForce === null || purpose === null) {
    throw new Error(`stored order "${row.key}": found order type "${orderType}", expected one of ours`);
  }
  return { ...rest, orderType: known, timeInForce, purpose };
}
